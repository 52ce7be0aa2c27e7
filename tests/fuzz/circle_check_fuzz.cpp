// Any bytes held to the format's rules: findings, nothing else.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>

#include "vernier/core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const char* profile : {"", "luci", "tflite", "npu"}) {
    const auto result = vernier::core::check_bytes(std::as_bytes(std::span(data, size)), profile);
    static_cast<void>(result.to_json().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return 0;
}
