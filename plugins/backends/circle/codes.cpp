#include "codes.h"

#include <vernier/error.h>

#include <cstring>

namespace circle_backend {

namespace {

// Sign-extends the low `bits` of `code`.
int64_t extended(uint64_t code, vernier::DType dtype) {
  if (dtype.bits < 64) code &= (uint64_t{1} << dtype.bits) - 1;
  const bool is_negative = dtype.is_signed() && (code >> (dtype.bits - 1) & 1) != 0;
  return is_negative && dtype.bits < 64 ? static_cast<int64_t>(code) - (int64_t{1} << dtype.bits)
                                        : static_cast<int64_t>(code);
}

}  // namespace

std::vector<int64_t> unpack(const std::vector<std::byte>& bytes, vernier::DType dtype) {
  std::vector<int64_t> codes;
  if (dtype.bits == 4) {
    for (std::byte pair : bytes) {
      codes.push_back(extended(static_cast<uint64_t>(pair), dtype));
      codes.push_back(extended(static_cast<uint64_t>(pair) >> 4, dtype));
    }
    return codes;
  }
  const size_t width = dtype.bits / 8;
  for (size_t at = 0; at + width <= bytes.size(); at += width) {
    uint64_t code = 0;
    std::memcpy(&code, bytes.data() + at, width);
    codes.push_back(extended(code, dtype));
  }
  return codes;
}

Data made(const std::vector<int64_t>& codes, vernier::DType dtype) {
  Data data;
  data.source = Data::Source::kMade;
  data.length = dtype.bytes(codes.size());
  data.bytes.resize(static_cast<size_t>(data.length));
  for (size_t i = 0; i < codes.size(); ++i) {
    if (dtype.bits == 4) {
      data.bytes[i / 2] |= static_cast<std::byte>((codes[i] & 15) << (i % 2 * 4));
    } else {
      const size_t width = dtype.bits / 8;
      std::memcpy(data.bytes.data() + i * width, &codes[i], width);
    }
  }
  return data;
}

Data made_float(float value) {
  Data data;
  data.source = Data::Source::kMade;
  data.length = sizeof(value);
  data.bytes.resize(sizeof(value));
  std::memcpy(data.bytes.data(), &value, sizeof(value));
  return data;
}

}  // namespace circle_backend
