// The folder of a program: what stands beside its units' files.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "program/program.h"
#include "report/stored_parameters.h"
#include "vernier/core/error.h"

namespace vernier::core {

class Pipeline;

// Where to write a file of the folder; asked once for each.
using OutputFile = std::function<std::filesystem::path(const std::string& name)>;

// Writes the tables of its host steps, and copies what runtimes read beside a model (tokenizer, chat
// template, generation and picture settings) from the checkpoint, as far as it has them. The units' files are
// there. Returns the program with files and grids, and adds to `stored` what the tables hold. Throws Error:
// what with_files() and write_tables() throw; kData where a file cannot be copied.
[[nodiscard]] Program make_program_folder(Pipeline& run, const OutputFile& file,
                                          std::vector<StoredFile>& stored);

// program.json, in the stage.
void write_program_document(const Program& program, const OutputFile& file);

// The report's word for a program: {"name", "plugin", "profile", "ties", "units", …}.
[[nodiscard]] nlohmann::json program_report(const Pipeline& run);

// Of a set whose files, executed, do not hold what the recipe wants; `executed` as ProgramEvaluation gives
// it, `out` the folder where the account is.
[[nodiscard]] Error program_error(const Pipeline& run, const nlohmann::json& executed,
                                  const std::filesystem::path& out);

}  // namespace vernier::core
