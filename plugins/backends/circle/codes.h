// Integer codes to bytes and back, and the options that more than one file writes.
#pragma once

#include <vernier/dtype.h>

#include <cstdint>
#include <vector>

#include "model.h"

namespace circle_backend {

// Little-endian; 4-bit codes two to a byte, low half first, so an odd number of them unpacks with a padding
// code at the end.
std::vector<int64_t> unpack(const std::vector<std::byte>& bytes, vernier::DType dtype);
Data made(const std::vector<int64_t>& codes, vernier::DType dtype);
Data made_float(float value);

// An options table without fields.
template <typename Builder>
Options empty_options(circle::BuiltinOptions member) {
  return {member, [](flatbuffers::FlatBufferBuilder& b) { return Builder(b).Finish().Union(); }};
}
inline Options quantize_options() {
  return empty_options<circle::QuantizeOptionsBuilder>(circle::BuiltinOptions::QuantizeOptions);
}

}  // namespace circle_backend
