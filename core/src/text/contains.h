// Whether a word is in a list.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace vernier::core {

[[nodiscard]] inline bool contains(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace vernier::core
