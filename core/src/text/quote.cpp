#include "text/quote.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vernier::core {
namespace {

std::string escaped(std::string_view text) {
  std::string all = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return all.substr(1, all.size() - 2);
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr size_t kEnd = 80;
  if (text.size() <= 2 * kEnd + 3) return '"' + escaped(text) + '"';
  return '"' + escaped(text.substr(0, kEnd)) + "..." + escaped(text.substr(text.size() - kEnd)) + '"';
}

std::string one_line(std::string_view text) {
  constexpr size_t kLongest = 400;
  const std::string safe = escaped(text.substr(0, kLongest));
  std::string line;
  for (size_t i = 0; i < safe.size(); ++i) {
    const bool escape = safe[i] == '\\' && i + 1 < safe.size() && (safe[i + 1] == '"' || safe[i + 1] == '\\');
    if (escape) ++i;
    line += safe[i];
  }
  return line;
}

bool is_printable(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) return false;
  try {
    (void)nlohmann::json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {  // not UTF-8
    return false;
  }
}

}  // namespace vernier::core
