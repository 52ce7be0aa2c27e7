// What open_inputs() chooses from. One file a kind.
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "calibration/input_source.h"

namespace vernier::core {

struct InputRequest {
  const nlohmann::json& description;
  std::filesystem::path base;
  std::vector<std::string> input_names;
  std::optional<uint64_t> wanted;
  uint64_t seed;
  std::string where;
  ProcessorOpener open_processor{};

  // The string at `key`. Throws Error (kUsage) when it is missing (and there is no `otherwise`) or no string.
  [[nodiscard]] std::string text(const char* key, std::optional<std::string> otherwise = std::nullopt) const;
  // Of samples that have numbers: whether `is_there(number)` for each. Their first number is 0, or 1. Throws
  // Error (kData) for a number that is missing although there are higher ones, unless no more than those
  // before it are wanted. `missing(number)` is as in count().
  struct Numbers {
    uint64_t first, count;
  };
  [[nodiscard]] Numbers numbers(const std::function<bool(uint64_t)>& is_there,
                                const std::function<std::string(uint64_t)>& missing,
                                const std::string& file) const;
  // How many to give of `found` samples. `missing` tells what was looked for and not found behind the last
  // one.
  [[nodiscard]] uint64_t count(uint64_t found, const std::string& file, const std::string& missing) const;
};

std::unique_ptr<InputSource> open_safetensors_inputs(const InputRequest& request);
std::unique_ptr<InputSource> open_npy_inputs(const InputRequest& request);
std::unique_ptr<InputSource> open_jsonl_inputs(const InputRequest& request);
std::unique_ptr<InputSource> open_synthetic_inputs(const InputRequest& request);
std::unique_ptr<InputSource> open_prompt_inputs(const InputRequest& request);

// "x_{sample}.npy": a name with places for the input and the sample.
class NamePattern {
 public:
  // Throws Error (kUsage) for an unknown or unclosed place, or without {input} where there is more than one.
  NamePattern(std::string pattern, const InputRequest& request);

  [[nodiscard]] bool has_sample() const { return pattern_.find("{sample}") != pattern_.npos; }
  [[nodiscard]] std::string name(const std::string& input, uint64_t sample) const;

 private:
  std::string pattern_;
};

// `tensor` as a model takes it (see open_inputs). `name` and `file` are for the error about a dtype that has
// no place.
Tensor to_model_input(Tensor tensor, const std::string& name, const std::string& file);

}  // namespace vernier::core
