// Walks over JSON text and knows its line and column. Lines end with LF; a column counts characters, not
// bytes, from 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace vernier::core {

struct TextPosition {
  uint32_t line = 1;
  uint32_t column = 1;
};

class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] TextPosition position() const { return position_; }
  [[nodiscard]] bool at_end() const { return offset_ >= text_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : text_[offset_]; }
  [[nodiscard]] std::string_view rest() const { return text_.substr(offset_); }

  void advance_to(size_t offset);
  // Steps over one comment. False, and no step, when none begins here or it is never closed.
  bool skip_comment();
  // Steps over white space and comments.
  void skip_blank();
  // Steps over one whole value token or bracket that begins here: string, number, word or one character.
  void skip_token();

 private:
  std::string_view text_;
  size_t offset_ = 0;
  TextPosition position_;
};

}  // namespace vernier::core
