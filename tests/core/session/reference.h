// TICO's results for a case, and how ours must agree: every scale to within one unit in the last place, every
// zero point equal, every output within one step, and bit-equal where every scale is.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace vernier::core::testing {

inline int64_t ulps_between(float a, float b) {
  const auto ordered = [](float x) {
    int32_t bits;
    std::memcpy(&bits, &x, sizeof(bits));
    return bits < 0 ? int64_t{INT32_MIN} - bits : int64_t{bits};
  };
  return std::abs(ordered(a) - ordered(b));
}

// Compares qparams.json with TICO's sites; `prefix` is the recipe's module. True where all scales are
// bit-equal.
inline bool expect_same_qparams(const nlohmann::json& ours, const nlohmann::json& theirs,
                                const std::string& prefix) {
  std::map<std::string, nlohmann::json> by_site;
  for (const auto& row : ours) by_site[row.at("site").get<std::string>()] = row;
  EXPECT_EQ(by_site.size(), theirs.size());
  bool all_equal = true;
  for (const auto& row : theirs) {
    std::string module = prefix;
    const std::string below = row.at("module").get<std::string>();
    if (!below.empty()) module += (module.empty() ? "" : ".") + below;
    const std::string site = (module.empty() ? "" : module + "/") + row.at("site").get<std::string>();
    if (by_site.count(site) == 0) {
      ADD_FAILURE() << "no qparams for " << site;
      continue;
    }
    const auto& own = by_site[site];
    EXPECT_EQ(own.at("dtype"), row.at("dtype")) << site;
    EXPECT_EQ(own.at("zero_point"), row.at("zero_point")) << site;
    const auto scale = own.at("scale").get<std::vector<float>>(),
               wanted = row.at("scale").get<std::vector<float>>();
    EXPECT_EQ(scale.size(), wanted.size()) << site;
    for (size_t i = 0; i < std::min(scale.size(), wanted.size()); ++i) {
      EXPECT_LE(ulps_between(scale[i], wanted[i]), 1) << site << " scale " << i;
      all_equal = all_equal && scale[i] == wanted[i];
    }
  }
  return all_equal;
}

inline void expect_same_outputs(const std::vector<float>& ours, const std::vector<float>& theirs, float step,
                                bool bit_equal) {
  ASSERT_EQ(ours.size(), theirs.size());
  size_t different = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    EXPECT_LE(std::abs(ours[i] - theirs[i]), step * 1.0001f) << "element " << i;
    different += ours[i] != theirs[i];
  }
  if (bit_equal) {
    EXPECT_EQ(different, 0u) << "every scale is bit-equal, so every output must be";
  }
}

}  // namespace vernier::core::testing
