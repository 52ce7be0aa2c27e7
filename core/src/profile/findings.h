// What is wrong with a file, as rules find it.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "vernier/core/check.h"

namespace vernier::core {

// Of each severity: a file that is wrong throughout is told so without end otherwise, and warnings must not
// keep errors out.
inline constexpr size_t kMaximumFindings = 1000;

struct Findings {
  std::vector<Finding> findings;
  size_t errors = 0, warnings = 0;  // found, also those beyond kMaximumFindings

  void error(std::string rule, std::string where, std::string what) {
    if (errors++ < kMaximumFindings)
      findings.push_back({std::move(rule), true, std::move(where), std::move(what)});
  }
  void warning(std::string rule, std::string where, std::string what) {
    if (warnings++ < kMaximumFindings)
      findings.push_back({std::move(rule), false, std::move(where), std::move(what)});
  }
};

}  // namespace vernier::core
