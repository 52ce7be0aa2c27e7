// A recipe of one Linear on synthetic inputs: what tests of whole runs begin with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "support/temp_folder.h"
#include "vernier/core/synthesize.h"

namespace vernier::test {

// Puts a Linear of [outputs, inputs] into folder/checkpoint: a normal weight around 0 of that deviation, and
// a bias of deviation 1 around `bias` where there is one.
inline void write_linear_checkpoint(const std::filesystem::path& folder, int64_t outputs, int64_t inputs,
                                    double deviation, std::optional<double> bias = {}) {
  const auto tensor = [](const char* name, std::vector<int64_t> shape, double mean, double std) {
    return nlohmann::json{
        {"name", name}, {"dtype", "float32"}, {"shape", std::move(shape)}, {"distribution", "normal"},
        {"mean", mean}, {"std", std}};
  };
  nlohmann::json tensors = nlohmann::json::array();  // one in braces is an array to gcc and itself to clang
  tensors.push_back(tensor("weight", {outputs, inputs}, 0, deviation));
  if (bias) tensors.push_back(tensor("bias", {outputs}, *bias, 1));
  write_file(folder / "description.json",
             nlohmann::json{{"seed", 1}, {"config", nlohmann::json::object()}, {"tensors", tensors}}.dump());
  core::synthesize(folder / "description.json", folder / "checkpoint");
}

// `input` is the shape of each sample. Tests add "export", "quantization", "gates" and the like.
inline nlohmann::json linear_recipe(const std::filesystem::path& checkpoint, bool bias,
                                    const std::vector<int64_t>& input, int samples) {
  return {{"version", 1},
          {"model",
           {{"checkpoint", checkpoint.string()},
            {"module", ""},
            {"type", "Linear"},
            {"config", {{"bias", bias}}}}},
          {"calibration",
           {{"inputs", {{"kind", "synthetic"}, {"inputs", {{"input", {{"shape", input}}}}}}},
            {"samples", samples}}}};
}

}  // namespace vernier::test
