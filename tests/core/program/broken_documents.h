// Documents with one fault each, and what must be said of it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/program/toy_program.h"
#include "support/expect_error.h"

namespace vernier::core::testing {

struct Broken {
  const char* what;
  std::function<void(json&)> change;
  std::string text;
};

inline void expect_refused(const json& document, const std::vector<Broken>& rows) {
  for (const Broken& row : rows) {
    SCOPED_TRACE(row.what);
    json changed = document;
    row.change(changed);
    test::expect_error(ErrorKind::kData, row.text, [&] { (void)program_of(changed); });
  }
}

// Step `i` of a phase of the toy.
inline json& step(json& d, size_t phase, size_t i) { return d["phases"][phase]["steps"][i]; }

}  // namespace vernier::core::testing
