// The header of a .safetensors file: 8 bytes little-endian length, a JSON object, the tensors' bytes.
// Format: https://huggingface.co/docs/safetensors (format section). Every number in it is checked against the
// file's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/safetensors_dtype.h"
#include "tensor/tensor.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct SafetensorsEntry {
  std::string name;
  DType dtype;
  Shape shape;
  uint64_t begin = 0;  // bytes from the start of the data
  uint64_t end = 0;    // end - begin == dtype.bytes(elements)
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry>
      entries;  // in the order of their bytes, which cover the data without gap or overlap
  std::map<std::string, std::string> metadata;
  uint64_t data_begin = 0;  // bytes from the start of the file
};

inline constexpr uint64_t kMaxSafetensorsHeader = 100'000'000;  // bytes; the format's own limit

// `file` is the whole file; `label` names it in messages. Throws Error (kData) naming file, tensor and both
// sides.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file, const std::string& label,
                                           const RunControl& control = RunControl::none());

}  // namespace vernier::core
