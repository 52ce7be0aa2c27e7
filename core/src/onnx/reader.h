// The constants of an ONNX file: what a report says about the file is read from it, not taken from the
// backend that wrote it.
//
// Messages are read by protozero, a header-only Debian package that the backend uses too: a reader of our own
// would be one more parser of foreign bytes, the onnx library a dependency of hundreds of files for a list of
// names. Only the path to the constants is read; everything else is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace vernier::core {

struct OnnxConstant {
  std::string name;
  int32_t type = 0;  // TensorProto.DataType
  DType dtype;       // not set: one that has no name here
  Shape shape;
  uint64_t bytes = 0;                 // packed, as the shape says
  bool is_external = false;           // the bytes stand in another file
  std::span<const std::byte> floats;  // of one of FLOAT, its elements in the file; empty where it is external
};

// Whether the bytes can be an ONNX file: they begin with the version field that every writer puts first.
bool looks_like_onnx(std::span<const std::byte> bytes);

// The initializers of the main graph, in the file's order. Bounded: time and memory are linear in the file,
// and each length, extent and count is checked. Throws Error (kData) naming the file.
std::vector<OnnxConstant> read_onnx_constants(std::span<const std::byte> bytes, const std::string& name);

}  // namespace vernier::core
