// A recipe of one Linear on synthetic inputs: what tests of whole runs begin with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

namespace vernier::test {

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
