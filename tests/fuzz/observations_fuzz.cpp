// Any bytes as kept observations: refused with Error, or sites that calibration can take.
#include <cstdint>
#include <cstdlib>

#include "calibration/observations.h"
#include "vernier/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vernier::core;
  try {
    const Observations kept = read_observations({reinterpret_cast<const std::byte*>(data), size});
    for (const SiteObservation& site : kept.sites) {
      if (site.collected == 0 || site.shape.size() > kMaxRank || site.bytes.size() > size) std::abort();
    }
    const Observations again = read_observations(write_observations(kept));
    if (again.sites != kept.sites || again.identity != kept.identity) std::abort();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kData) std::abort();
  }
  return 0;
}
