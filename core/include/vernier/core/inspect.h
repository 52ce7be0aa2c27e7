// A look into a file: a .circle, a checkpoint folder, a .safetensors or a plugin library. Behind `vernier
// inspect`.
#pragma once

#include <filesystem>
#include <string>

#include "vernier/core/json_value.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct Inspection {
  std::string kind;   // "circle", "checkpoint", "plugin"
  JsonValue json;     // everything, for scripts
  std::string table;  // the same for people
};

// The content decides which kind a file is, not its name. Throws Error (kData) where it is none of these or
// damaged, a stop where `control` asks for one.
Inspection inspect(const std::filesystem::path& file, const RunControl& control = RunControl::none());

}  // namespace vernier::core
