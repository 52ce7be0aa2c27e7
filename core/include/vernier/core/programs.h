// What a program makes of a model: its units, buffers and phases. Behind `vernier program`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

struct ProgramOptions {
  std::filesystem::path model;                      // a checkpoint's folder or its config.json, or a recipe
  std::string program;                              // --program; empty: the one for the config's architecture
  std::vector<std::string> profile;                 // --profile NAME=VALUE
  std::vector<std::filesystem::path> plugin_files;  // --plugin FILE
  const RunControl* control = nullptr;              // may be null

  [[nodiscard]] const RunControl& run_control() const {
    return control == nullptr ? RunControl::none() : *control;
  }
};

// {"program", "plugin", "architecture", "document": as schemas/program.schema.json, checked,
//  "buffers": {ROLE: {"count", "bytes"}}, "phases": [{"name", "runs", "units", "host_steps": {NAME: COUNT}}]}
// Reads no tensor of the checkpoint. Throws Error: kUsage for a profile that cannot be, a recipe that is
// wrong; kData for a config that is missing or wrong; kPlugin where no program serves the model.
nlohmann::json describe_program(const ProgramOptions& options);

// The same for a terminal.
std::string program_table(const nlohmann::json& description);

}  // namespace vernier::core
