// JSON Lines as samples: each line is one object, name -> number or (nested) array of numbers.
//
//   {"input_ids": [[101, 7592, 102]], "attention_mask": [[1.0, 1.0, 1.0]]}
//
// Arrays are rectangular, at most 8 deep, and not empty. A name whose numbers are all written as integers is
// int32 (each must fit); one fraction or exponent among them makes it float32. UTF-8 without a byte order
// mark; lines end with "\n" or "\r\n"; empty lines are refused, but for the end of the file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "calibration/lines.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Immutable; any thread may read it.
class JsonLines {
 public:
  // Finds the lines, reads none of them. `owner` keeps `bytes` alive. Throws Error (kData): empty, an empty
  // line, a line above 16 MiB.
  static JsonLines open(const std::filesystem::path& file);
  static JsonLines parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                         std::string label);

  [[nodiscard]] size_t size() const { return lines_.size(); }
  [[nodiscard]] const std::string& label() const { return lines_.label(); }
  // The arrays of line `index` (from 0) that `names` asks for, in that order; the line may have more. Throws
  // Error (kData) with file:line and, where it is about an array, its name.
  [[nodiscard]] std::vector<Tensor> read(size_t index, const std::vector<std::string>& names) const;
  // The names that the line has. Throws Error (kData) with file:line.
  [[nodiscard]] std::vector<std::string> keys(size_t index) const;

 private:
  explicit JsonLines(Lines lines) : lines_(std::move(lines)) {}

  Lines lines_;
};

}  // namespace vernier::core
