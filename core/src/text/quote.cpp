#include "text/quote.h"

#include <nlohmann/json.hpp>

#include "vernier/core/shown_text.h"

namespace vernier::core {
namespace {

std::string in_json(std::string_view text) {
  std::string all = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return shown(std::string_view(all).substr(1, all.size() - 2), all.size());
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr size_t kEnd = 80;
  if (text.size() <= 2 * kEnd + 3) return '"' + in_json(text) + '"';
  return '"' + in_json(text.substr(0, kEnd)) + "..." + in_json(text.substr(text.size() - kEnd)) + '"';
}

std::string one_line(std::string_view text) {
  constexpr size_t kLongest = 400;
  const std::string safe = in_json(text.substr(0, kLongest));
  std::string line;
  for (size_t i = 0; i < safe.size(); ++i) {
    const bool escape = safe[i] == '\\' && i + 1 < safe.size() && (safe[i + 1] == '"' || safe[i + 1] == '\\');
    if (escape) ++i;
    line += safe[i];
  }
  return line;
}

bool is_printable(std::string_view text) { return shown(text, text.size()) == text; }

}  // namespace vernier::core
