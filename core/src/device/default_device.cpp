#include "vernier/core/device_factory.h"

namespace vernier::core {

DeviceFactory default_device() { return VERNIER_WITH_TORCH ? &make_torch_device : &make_reference_device; }

// LibTorch 2.13 for the CPU: tables that the loader changes, and registries of ops.
uint64_t default_device_bytes() { return VERNIER_WITH_TORCH ? uint64_t{52} << 20 : 0; }

}  // namespace vernier::core
