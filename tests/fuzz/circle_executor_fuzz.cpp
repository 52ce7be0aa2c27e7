// Any bytes as a Circle file in the executor: an Error or a result, nothing else.
#include <cstddef>
#include <cstdint>

#include "plugins/executors/circle/executor_fixture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static vernier::test::CircleExecutor executor;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!executor.survives(bytes))
    static_cast<void>(executor.survives(
        bytes, R"({"max_memory_mib": 4, "max_operations": 1000000, "signature": "decode"})"));
  return 0;
}
