// A manifest's JSON, whose CRC was right: what it says is not to be trusted all the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "plugin/manifest.h"
#include "vernier/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    vernier::core::parse_manifest({reinterpret_cast<const char*>(data), size});
  } catch (const vernier::core::Error&) {
  }
  return 0;
}
