// The folder of a program: what stands beside its units' files.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "program/program.h"

namespace vernier::core {

class Pipeline;

// Where to write a file of the folder; asked once for each.
using OutputFile = std::function<std::filesystem::path(const std::string& name)>;

// Copies what runtimes read beside a model (tokenizer, chat template, generation and picture settings) from
// the checkpoint, as far as it has them. The units' files are there. Returns the program with files and
// grids. Throws Error: what with_files() throws; kData where a file cannot be copied.
[[nodiscard]] Program make_program_folder(Pipeline& run, const OutputFile& file);

// program.json, in the stage.
void write_program_document(const Program& program, const OutputFile& file);

// The report's word for a program: {"name", "plugin", "profile", "ties", "units", …}.
[[nodiscard]] nlohmann::json program_report(const Pipeline& run);

}  // namespace vernier::core
