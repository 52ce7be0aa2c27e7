#include "vernier/core/device_factory.h"

namespace vernier::core {

DeviceFactory default_device() { return VERNIER_WITH_TORCH ? &make_torch_device : &make_reference_device; }

}  // namespace vernier::core
