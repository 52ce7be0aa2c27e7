// A table of ops by name, as each device has some.
#pragma once

#include <cstddef>
#include <string_view>

namespace vernier::core {

template <typename Function>
struct OpRow {
  std::string_view name;
  Function function;
};

// Null for a name that the table lacks.
template <typename Function, size_t kCount>
[[nodiscard]] constexpr Function find_function(const OpRow<Function> (&rows)[kCount], std::string_view name) {
  for (const OpRow<Function>& row : rows) {
    if (row.name == name) return row.function;
  }
  return nullptr;
}

}  // namespace vernier::core
