#include "report/html/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

namespace vernier::core::html {

std::string escape(std::string_view text) {
  std::string result;
  for (char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

std::string breakable(std::string_view path) {
  std::string result;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find_first_of("./", begin), path.size() - 1) + 1;
    result += escape(path.substr(begin, end - begin));
    if (end > 1 && end < path.size()) result += "<wbr>";  // no line has a separator alone
    begin = end;
  }
  return result;
}

std::string number(const nlohmann::json& value, int digits) {
  if (!value.is_number()) return "–";
  if (value.is_number_integer()) return fmt::format("{}", value.get<int64_t>());
  const double real = value.get<double>();
  if (real != 0 && (std::abs(real) < 1e-3 || std::abs(real) >= 1e6))
    return fmt::format("{:.{}e}", real, digits - 1);
  return fmt::format("{:.{}g}", real, digits + 1);
}

std::string bytes(double count) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  for (; count >= 1000 && unit + 1 < kUnits.size(); ++unit) count /= 1000;
  return unit == 0 ? fmt::format("{:.0f} B", count) : fmt::format("{:.1f} {}", count, kUnits[unit]);
}

std::string decibel(const nlohmann::json& value) {
  return value.is_number() ? fmt::format("{:.2f} dB", value.get<double>()) : "exact";
}

std::string tail(const std::string& text, size_t length) {
  if (text.size() <= length) return text;
  size_t begin = text.size() - length;
  while (begin < text.size() && (static_cast<unsigned char>(text[begin]) & 0xc0) == 0x80)
    ++begin;  // whole characters
  return "…" + text.substr(begin);
}

std::string module_of(const std::string& site) {
  const size_t slash = site.rfind('/');
  return slash == std::string::npos ? std::string() : site.substr(0, slash);
}

}  // namespace vernier::core::html
