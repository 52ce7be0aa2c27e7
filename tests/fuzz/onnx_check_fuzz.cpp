// Any bytes held to the rules of ONNX: findings, nothing else.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>

#include "support/shipped_profile.h"
#include "vernier/core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const vernier::core::Profile kProfile = vernier::test::shipped_profile("onnxruntime");
  const auto result = vernier::core::check_bytes(std::as_bytes(std::span(data, size)), &kProfile);
  static_cast<void>(result.to_json().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return 0;
}
