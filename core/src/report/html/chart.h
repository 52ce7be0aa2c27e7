// Charts as inline SVG. Colours are classes of the page's style sheet, so they follow its light and dark
// forms.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

namespace vernier::core::html {

struct Bar {
  std::string label;
  double value = 0;
  std::string text;  // shown behind the bar
};
// Horizontal bars from 0 to the greatest value.
std::string bars(const std::vector<Bar>& rows, const std::string& title);

// A row of "statistics.sites": counts, and lines where the codes' range ends.
std::string histogram(const nlohmann::json& site);

// [[float, quantized], …] with the diagonal.
std::string scatter(const nlohmann::json& points, const std::string& title);

}  // namespace vernier::core::html
