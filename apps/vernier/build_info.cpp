#include "build_info.h"

#include <fmt/format.h>
#include <vernier/abi/entry.h>

namespace vernier::app {

std::string version_text() {
  return fmt::format("vernier {} (commit {}), ABI {}.{}, LibTorch {}", VERNIER_VERSION, build_commit(),
                     VERNIER_ABI_MAJOR, VERNIER_ABI_MINOR, build_torch_version());
}

}  // namespace vernier::app
