// A look into a file: a model's folder, a .circle, .tflite, .onnx, .safetensors or a plugin library. Behind
// `vernier inspect`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "vernier/core/error.h"
#include "vernier/core/json_value.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct Inspection {
  std::string kind;   // "circle", "tflite", "onnx", "checkpoint", "plugin"
  JsonValue json;     // everything, for scripts
  std::string table;  // the same for people
  // Of a model's folder: why its architecture is not served as a whole. Everything else was looked at.
  std::optional<Error> not_served;
};

// The content decides which kind a file is, not its name. Throws Error (kData) where it is none of these or
// damaged, a stop where `control` asks for one.
Inspection inspect(const std::filesystem::path& file, const RunControl& control = RunControl::none());

}  // namespace vernier::core
