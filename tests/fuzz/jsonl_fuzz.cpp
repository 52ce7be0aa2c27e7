// Any bytes as JSON Lines: refused with Error, or every line gives tensors whose elements are all there.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "calibration/jsonl.h"
#include "vernier/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vernier::core;
  try {
    const JsonLines lines =
        JsonLines::parse({reinterpret_cast<const std::byte*>(data), size}, nullptr, "fuzz");
    if (lines.size() == 0 || lines.size() > size) std::abort();
    for (size_t i = 0; i < lines.size(); ++i) {
      for (const Tensor& tensor : lines.read(i, {"x", "y"})) {
        if (tensor.shape.size() > 8 || tensor.elements() <= 0 || tensor.bytes() > 4 * size) std::abort();
        if (tensor.dtype != vernier::kInt32 && tensor.dtype != vernier::kFloat32) std::abort();
        for (int64_t k = 0; tensor.dtype == vernier::kFloat32 && k < tensor.elements(); ++k) {
          if (!std::isfinite(tensor.as<float>()[k])) std::abort();
        }
      }
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData || error.format().size() > 4096) std::abort();
  }
  return 0;
}
