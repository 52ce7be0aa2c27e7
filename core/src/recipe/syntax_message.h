// Plain words for text that is not JSON.
#pragma once

#include <string>
#include <string_view>

#include "recipe/text_cursor.h"

namespace vernier::core {

// What the parser knew when it stopped.
struct SyntaxState {
  SyntaxState(std::string_view whole, TextCursor at) : text(whole), cursor(at) {}

  std::string_view text;
  TextCursor cursor;           // behind the last token that was understood
  bool after_key = false;      // that token was a key
  bool in_object = false;      // the innermost open bracket is "{"; meaningless when depth is 0
  bool is_first = true;        // nothing stands before this in the innermost bracket
  size_t depth = 0;            // open brackets
  TextPosition opened_at;      // of the innermost open bracket
  size_t read = 0;             // bytes that the parser had read
  std::string_view complaint;  // the parser's own text
};

struct SyntaxMessage {
  std::string what;
  std::string hint;
  TextPosition at;
};

SyntaxMessage explain_syntax(const SyntaxState& state);

}  // namespace vernier::core
