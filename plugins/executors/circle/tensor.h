// A tensor of the file, a value of it, and reading its elements: as codes, as reals.
#pragma once

#include <vernier/executor.h>

#include <cfloat>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace circle_executor {

// At least 113 bits of mantissa: holds a product of two scales and a 64-bit sum exactly.
#if LDBL_MANT_DIG >= 113
using Quad = long double;
#else
__extension__ typedef __float128 Quad;
#endif

enum class Storage { kFloat32, kInt4, kUInt4, kInt8, kUInt8, kInt16, kInt32, kInt64, kBool };

struct Tensor {
  vernier::FileTensor file;  // axis is -1 where there is one scale
  Storage storage = Storage::kFloat32;
  int64_t elements = 1;
  uint64_t bytes = 0;
  int64_t channel_stride = 1;           // elements from one index of the scales' axis to the next
  const std::byte* constant = nullptr;  // in the file's mapping, of any alignment

  [[nodiscard]] const std::vector<int64_t>& shape() const { return file.shape; }
  [[nodiscard]] size_t rank() const { return file.shape.size(); }
  [[nodiscard]] bool is_float() const { return storage == Storage::kFloat32; }
  [[nodiscard]] bool is_bool() const { return storage == Storage::kBool; }
  [[nodiscard]] bool is_quantized() const { return !file.scale.empty(); }
  // Integers that count something, and bools.
  [[nodiscard]] bool is_plain() const { return !is_float() && !is_quantized(); }
  [[nodiscard]] bool is_per_tensor() const { return file.scale.size() == 1; }
  // Which of the scales belongs to element `i`.
  [[nodiscard]] size_t channel(int64_t i) const {
    if (file.scale.size() <= 1) return 0;
    return static_cast<size_t>(i / channel_stride) % file.scale.size();
  }
  [[nodiscard]] std::string described() const;
};

// Equal meaning of equal codes.
bool same_encoding(const Tensor& a, const Tensor& b);

// A tensor and its elements: dense, row-major, packed, of any alignment.
struct Value {
  const Tensor* tensor = nullptr;
  const std::byte* data = nullptr;
};

template <typename T>
T load(const std::byte* data, int64_t i) {
  T element;
  std::memcpy(&element, data + i * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return element;
}

template <typename T>
void store(std::byte* data, int64_t i, T element) {
  std::memcpy(data + i * static_cast<int64_t>(sizeof(T)), &element, sizeof(T));
}

// Two elements a byte, the even one in the low half.
inline int64_t nibble(const std::byte* data, int64_t i) {
  return static_cast<int64_t>(data[i / 2]) >> (i % 2 * 4) & 15;
}

// Integer tensors, and bools as 0 and 1.
inline int64_t code_at(const Value& value, int64_t i) {
  switch (value.tensor->storage) {
    case Storage::kInt4:
      return (nibble(value.data, i) ^ 8) - 8;
    case Storage::kUInt4:
      return nibble(value.data, i);
    case Storage::kInt8:
      return load<int8_t>(value.data, i);
    case Storage::kUInt8:
      return load<uint8_t>(value.data, i);
    case Storage::kInt16:
      return load<int16_t>(value.data, i);
    case Storage::kInt32:
      return load<int32_t>(value.data, i);
    case Storage::kInt64:
      return load<int64_t>(value.data, i);
    case Storage::kBool:
      return load<uint8_t>(value.data, i) != 0 ? 1 : 0;
    case Storage::kFloat32:
      break;
  }
  return 0;
}

// `code` must fit. 4-bit elements keep their neighbour.
void store_code(const Tensor& tensor, std::byte* data, int64_t i, int64_t code);

// The reals that a float or quantized tensor stands for: scale * (code - zero_point).
class Reals {
 public:
  explicit Reals(const Value& value) : value_(value) {}
  // Exact up to 29 bits of code - zero_point, and that is all but bias codes.
  double operator[](int64_t i) const {
    if (value_.tensor->is_float()) return load<float>(value_.data, i);
    const vernier::FileTensor& file = value_.tensor->file;
    const size_t channel = value_.tensor->channel(i);
    return double{file.scale[channel]} * (static_cast<double>(code_at(value_, i)) - file.zero_point[channel]);
  }
  [[nodiscard]] Quad exact(int64_t i) const {
    if (value_.tensor->is_float()) return load<float>(value_.data, i);
    const vernier::FileTensor& file = value_.tensor->file;
    const size_t channel = value_.tensor->channel(i);
    return Quad{file.scale[channel]} * (static_cast<Quad>(code_at(value_, i)) - file.zero_point[channel]);
  }

 private:
  Value value_;
};

}  // namespace circle_executor
