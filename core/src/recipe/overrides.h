// --set PATH=VALUE on a recipe's JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace vernier::core {

struct AppliedOverride {
  std::string pointer;
  std::string text;  // as it was given
};

// Changes `document` in the order given. Throws Error (kUsage) for text without "=", a path
// that `schema` does not know (with the nearest key), and an index that is not there.
std::vector<AppliedOverride> apply_overrides(nlohmann::json& document, const nlohmann::json& schema,
                                             const std::vector<std::string>& overrides);

}  // namespace vernier::core
