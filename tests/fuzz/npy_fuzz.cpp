// Any bytes as an .npy file: refused with Error, or every element readable, whole and row by row.
#include <cstdint>
#include <cstdlib>

#include "calibration/npy.h"
#include "vernier/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vernier::core;
  try {
    const NpyFile file = NpyFile::parse({reinterpret_cast<const std::byte*>(data), size}, nullptr, "fuzz");
    const Tensor whole = file.tensor();
    if (whole.bytes() > size || reinterpret_cast<uintptr_t>(whole.data) % (whole.dtype.bits / 8) != 0)
      std::abort();
    if (file.shape().empty() || whole.elements() == 0) return 0;
    const uint64_t rows = static_cast<uint64_t>(file.shape()[0]);
    uint64_t total = 0;
    for (uint64_t i = 0; i < rows; ++i) {
      const Tensor row = file.row(i);
      for (uint64_t k = 0; k < row.bytes(); ++k) {
        if (row.data[k] != whole.data[total + k]) std::abort();
      }
      total += row.bytes();
    }
    if (total != whole.bytes()) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData || error.format().size() > 4096) std::abort();
  }
  return 0;
}
