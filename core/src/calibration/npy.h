// NumPy's .npy files, versions 1 to 3. Format:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "tensor/tensor.h"

namespace vernier::core {

// Little-endian f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 and b1 in C order. Immutable after open(): any thread may
// read.
class NpyFile {
 public:
  // Maps the file and checks its header against the file's size. Throws Error (kData) naming the file and
  // both sides.
  static NpyFile open(const std::filesystem::path& file);
  // The same over bytes that `owner` keeps alive; `label` stands for the file in messages.
  static NpyFile parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                       std::string label);

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] const std::string& label() const { return label_; }

  // Views into the mapping, which they keep alive; copies where the bytes are not aligned to the element
  // size. Throw Error (kData) for a bool that is neither 0 nor 1.
  [[nodiscard]] Tensor tensor() const;
  // [1, ...]: row `index` (below shape()[0]) of axis 0.
  [[nodiscard]] Tensor row(uint64_t index) const;

 private:
  [[nodiscard]] Tensor part(Shape shape, uint64_t offset) const;

  DType dtype_;
  Shape shape_;
  std::span<const std::byte> data_;
  std::shared_ptr<const void> owner_;
  std::string label_;
};

}  // namespace vernier::core
