// Any bytes as a .safetensors file: refused with Error, or every tensor readable to its last byte.
#include <cstdint>
#include <cstdlib>

#include "checkpoint/safetensors.h"
#include "vernier/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vernier::core;
  try {
    const Safetensors file =
        Safetensors::parse({reinterpret_cast<const std::byte*>(data), size}, nullptr, "fuzz");
    uint64_t total = 0;
    unsigned sum = 0;
    for (const SafetensorsEntry& entry : file.entries()) {
      total += entry.end - entry.begin;
      if (file.find(entry.name) != &entry) std::abort();
      try {
        const Tensor tensor = file.tensor(entry);
        if (tensor.bytes() != entry.end - entry.begin ||
            reinterpret_cast<uintptr_t>(tensor.data) % (tensor.dtype.bits / 8) != 0)
          std::abort();
        for (uint64_t i = 0; i < tensor.bytes(); ++i) sum += static_cast<unsigned>(tensor.data[i]);
      } catch (const Error&) {  // a BOOL that is none
      }
    }
    if (total > size || sum == 0xFFFFFFFF) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData || error.format().size() > 4096) std::abort();
  }
  return 0;
}
