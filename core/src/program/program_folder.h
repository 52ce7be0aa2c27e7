// A folder of exported files with their program.json: docs/program.md, "A folder".
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "plugin/plugin_hub.h"
#include "program/program.h"

namespace vernier::core {

inline constexpr const char* kProgramFile = "program.json";

// Where a unit was written to.
struct WrittenUnit {
  std::string path;       // in the folder
  std::string format;     // circle, tflite, onnx
  std::string signature;  // of a file of several graphs; empty: it has one
};

// The program with the files of its units (`written`, by name) and of its tables (by name, see
// docs/program.md), and with the grid of each buffer as the files have it. Each file is opened in an executor
// (`executor`; empty: by the end of its name) and asked for its inputs and outputs: inputs are the unit's by
// name where all names are found, else by order; outputs by order. Throws Error (kData): a unit without a
// file; a file of other inputs, outputs, shapes or dtypes than the program's; two files with two grids for
// one buffer, naming both; a step that copies codes from one grid to another.
[[nodiscard]] Program with_files(Program program, const std::filesystem::path& folder,
                                 const std::map<std::string, WrittenUnit>& written,
                                 const std::map<std::string, std::string>& tables, HostServices& services,
                                 PluginHub& hub, const std::string& executor = {});

// A file of the folder with its size and SHA-256. Throws Error (kData) where there is none.
[[nodiscard]] ProgramFile program_file(const std::filesystem::path& folder, const std::string& path);

// `folder`/program.json, in one step. Throws Error (kData).
void write_program_file(const Program& program, const std::filesystem::path& folder);
// Throws Error (kData), also read_program's.
[[nodiscard]] Program read_program_folder(const std::filesystem::path& folder);

}  // namespace vernier::core
