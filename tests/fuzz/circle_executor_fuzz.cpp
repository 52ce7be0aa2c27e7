// Any bytes as a Circle file in the executor: an Error or a result, nothing else.
#include <cstddef>
#include <cstdint>

#include "plugins/executors/circle/executor_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static vernier::test::CircleExecutor executor;
  static_cast<void>(executor.survives({reinterpret_cast<const char*>(data), size}));
  return 0;
}
