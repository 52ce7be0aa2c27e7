// Any bytes held to the format's rules: findings, nothing else.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "support/shipped_profile.h"
#include "vernier/core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<vernier::core::Profile> kProfiles = {
      vernier::test::shipped_profile("luci"), vernier::test::shipped_profile("npu"),
      vernier::test::shipped_profile("litert"), vernier::test::shipped_profile("tflite")};
  const auto check = [&](const vernier::core::Profile* profile) {
    const auto result = vernier::core::check_bytes(std::as_bytes(std::span(data, size)), profile);
    static_cast<void>(result.to_json().dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  };
  check(nullptr);
  for (const vernier::core::Profile& profile : kProfiles) check(&profile);
  return 0;
}
