#include "vernier/core/shown_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vernier::core {
namespace {

// Bytes of the control that begins at `at`, or 0. Text is valid UTF-8. The controls are C0, DEL and C1, and
// of Unicode's those of Bidi_Control (UAX #9) and the two separators of lines.
size_t control_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7f) return 1;
  if (byte(0) == 0xc2 && byte(1) < 0xa0) return 2;
  if (byte(0) == 0xd8 && byte(1) == 0x9c) return 2;  // U+061C
  if (byte(0) != 0xe2) return 0;
  const bool is_mark = byte(1) == 0x80 && (byte(2) == 0x8e || byte(2) == 0x8f);
  const bool is_embedding_or_line = byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae;
  const bool is_isolate = byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9;
  return is_mark || is_embedding_or_line || is_isolate ? 3 : 0;
}

std::string escape_of(std::string_view control) {
  if (control == "\n") return "\\n";
  if (control == "\t") return "\\t";
  if (control == "\r") return "\\r";
  unsigned code = static_cast<unsigned char>(control[0]);
  if (control.size() == 2) code = (code & 0x1f) << 6 | (static_cast<unsigned char>(control[1]) & 0x3f);
  if (control.size() == 3)
    code = (code & 0x0f) << 12 | (static_cast<unsigned char>(control[1]) & 0x3f) << 6 |
           (static_cast<unsigned char>(control[2]) & 0x3f);
  return fmt::format("\\u{:04x}", code);
}

// Bytes of the colour sequence (ESC [ digits and ; m) that begins at `at`, or 0.
size_t colour_at(std::string_view text, size_t at) {
  if (text.substr(at, 2) != "\x1b[") return 0;
  const size_t end = text.find_first_not_of("0123456789;", at + 2);
  return end != text.npos && text[end] == 'm' ? end + 1 - at : 0;
}

std::string valid_utf8(std::string_view text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return nlohmann::json::parse(quoted).get<std::string>();
}

void make_text_valid(nlohmann::json& value) {
  if (value.is_string())
    value = valid_utf8(value.get_ref<const std::string&>());
  else if (value.is_structured())
    for (nlohmann::json& part : value) make_text_valid(part);
}

std::string escaped(std::string_view text, bool is_output) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t count = control_at(text, at);
    size_t kept = count == 0 ? 1 : 0;
    if (is_output && (text[at] == '\n' || text[at] == '\t')) kept = 1;
    if (is_output && kept == 0) kept = colour_at(text, at);
    if (kept > 0) {
      result.append(text.substr(at, kept));
      count = kept;
    } else {
      result += escape_of(text.substr(at, count));
    }
    at += count;
  }
  return result;
}

}  // namespace

std::string shown(std::string_view text, size_t longest) {
  if (text.size() <= longest) return escaped(valid_utf8(text), false);
  const size_t half = longest / 2;
  return escaped(valid_utf8(text.substr(0, half)), false) + " ... " +
         escaped(valid_utf8(text.substr(text.size() - half)), false);
}

std::string shown_lines(std::string_view text, std::string_view before_each, size_t most) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string result;
  for (size_t count = 0;; ++count) {
    const size_t end = text.find('\n');
    if (count > 0) result += '\n';
    if (count == most) return result + fmt::format("{}... more lines are left out", before_each);
    result += fmt::format("{}{}", before_each, shown(text.substr(0, end)));
    if (end == text.npos) return result;
    text.remove_prefix(end + 1);
  }
}

std::string shown_output(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t'; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);  // nearly all output
  return escaped(valid_utf8(text), true);
}

std::string json_text(const nlohmann::json& value, int indent) {
  return value.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json with_valid_text(nlohmann::json value) {
  make_text_valid(value);
  return value;
}

}  // namespace vernier::core
