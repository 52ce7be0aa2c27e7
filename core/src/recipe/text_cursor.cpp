#include "recipe/text_cursor.h"

#include <algorithm>

namespace vernier::core {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

size_t string_length(std::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '+' || c == '-' ||
         c == '.' || c == '_';
}

// Bytes of the JSON number that `text` begins with, 0 when it begins with none: "01" begins with the number
// 0.
size_t number_length(std::string_view text) {
  size_t i = 0;
  const auto digits = [&] {
    const size_t begin = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i > begin;
  };
  const auto at = [&](char c) { return i < text.size() && text[i] == c; };
  if (at('-')) ++i;
  if (at('0')) {
    ++i;
  } else if (!digits()) {
    return 0;
  }
  if (at('.')) {
    ++i;
    if (!digits()) return 0;
  }
  if (at('e') || at('E')) {
    ++i;
    if (at('+') || at('-')) ++i;
    if (!digits()) return 0;
  }
  return i;
}

size_t word_length(std::string_view text) {
  for (const std::string_view literal : {"true", "false", "null"}) {
    if (text.substr(0, literal.size()) == literal) return literal.size();
  }
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_word) - text.begin());
}

}  // namespace

void TextCursor::advance_to(size_t offset) {
  offset = std::min(offset, text_.size());
  for (; offset_ < offset; ++offset_) {
    const char c = text_[offset_];
    if (c == '\n') {
      ++position_.line;
      position_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0u) !=
               0x80u) {  // the other bytes of a character add no column
      ++position_.column;
    }
  }
}

bool TextCursor::skip_comment() {
  const std::string_view text = rest();
  if (text.substr(0, 2) == "//") {
    advance_to(offset_ + std::min(text.find('\n'), text.size()));
    return true;
  }
  if (text.substr(0, 2) != "/*") return false;
  const size_t end = text.find("*/", 2);
  if (end == std::string_view::npos) return false;
  advance_to(offset_ + end + 2);
  return true;
}

void TextCursor::skip_blank() {
  do {
    advance_to(offset_ + std::min(rest().find_first_not_of(kBlank), rest().size()));
  } while (skip_comment());
}

void TextCursor::skip_token() {
  if (at_end()) return;
  const std::string_view text = rest();
  size_t length = text.front() == '"' ? string_length(text) : number_length(text);
  if (length == 0) length = std::max<size_t>(1, word_length(text));
  advance_to(offset_ + length);
}

}  // namespace vernier::core
