// Cells of a page's tables without the labels that they carry for narrow screens.
#pragma once

#include <regex>
#include <string>

namespace vernier::core::testing {

inline std::string plain_cells(const std::string& html) {
  return std::regex_replace(html, std::regex(" data-label=\"[^\"]*\""), "");
}

}  // namespace vernier::core::testing
