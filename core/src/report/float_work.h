// What an exported file computes in float32.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vernier::core {

struct FloatWork {
  // Operators with a float operand or result, by name; quantize, dequantize and casts aside.
  std::map<std::string, uint64_t> operators;
  std::vector<std::string> inputs, outputs;  // of the file, that are float
  uint64_t total = 0;                        // operators of the file
  std::vector<std::string> tensors;  // of the file, that are float: constants and what lies within too

  [[nodiscard]] uint64_t count() const;
};

// Read from the bytes of a Circle or TFLite file, all subgraphs together; none for another format, whose
// float operators cannot be told from those between its quantize and dequantize. `name` stands in messages.
// Throws Error (kData) for a file that cannot be read.
std::optional<FloatWork> float_work(std::span<const std::byte> file, const std::string& name);

// {"operators": {NAME: COUNT}, "count", "total", "inputs": [NAME], "outputs": [NAME],
// "tensors": COUNT}
nlohmann::json to_json(const FloatWork& work);

}  // namespace vernier::core
