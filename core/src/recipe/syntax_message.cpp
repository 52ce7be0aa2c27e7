#include "recipe/syntax_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "text/nearest.h"

namespace vernier::core {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

TextPosition position_of(std::string_view text, size_t offset) {
  TextCursor cursor(text);
  cursor.advance_to(offset);
  return cursor.position();
}

// The character that begins here, whole, for a message.
std::string character(std::string_view rest) {
  size_t length = 1;
  while (length < rest.size() && (static_cast<unsigned char>(rest[length]) & 0xC0u) == 0x80u) ++length;
  return std::string(rest.substr(0, length));
}

// Errors inside one token: the parser's complaint says which.
bool explain_token(const SyntaxState& state, const TextCursor& start, SyntaxMessage& message) {
  const std::string_view complaint = state.complaint;
  message.at = start.position();
  if (contains(complaint, "missing closing '*/'")) {
    message.what = "a comment is never closed";
    message.hint = "close it with */";
  } else if (contains(complaint, "invalid comment")) {
    message.what = "\"/\" begins no comment";
    message.hint = "comments are // to the end of the line, or /* to */";
  } else if (contains(complaint, "missing closing quote") || contains(complaint, "(LF)") ||
             contains(complaint, "(CR)")) {
    message.what = "a string is not closed on its line";
    message.hint = "close it with \"; a line break inside a string is written \\n";
  } else if (contains(complaint, "control character")) {
    message.at = position_of(state.text, state.read - 1);
    message.what = "a control character stands inside a string";
    message.hint = "write it as an escape, such as \\t or \\u0001";
  } else if (contains(complaint, "forbidden character after backslash")) {
    message.at = position_of(state.text, state.read - 2);
    message.what =
        fmt::format("unknown escape \"\\{}\" in a string", character(state.text.substr(state.read - 1)));
    message.hint = "a backslash itself is written \\\\";
  } else if (contains(complaint, "'\\u' must be") || contains(complaint, "surrogate")) {
    message.what = "a \\u escape in this string stands for no character";
    message.hint = "\\u takes four hexadecimal digits; characters beyond U+FFFF take a pair of them";
  } else if (contains(complaint, "invalid number") || contains(complaint, "out_of_range")) {
    TextCursor end = start;
    end.skip_token();
    const auto length = std::min<size_t>(end.offset() - start.offset(), 40);
    message.what = fmt::format("\"{}\" is not a number that JSON knows", start.rest().substr(0, length));
    message.hint = "numbers are written like 7, -0.5 or 1e-6";
  } else {
    return false;
  }
  return true;
}

SyntaxMessage explain_end(const SyntaxState& state, TextPosition at) {
  if (state.depth == 0)
    return {"the file is empty", "a recipe is a JSON object: { \"version\": 1, ... }", {}};
  return {fmt::format("the text ends before the {} is closed", state.in_object ? "object" : "array"),
          fmt::format("the \"{}\" of line {}, column {} has no \"{}\"", state.in_object ? '{' : '[',
                      state.opened_at.line, state.opened_at.column, state.in_object ? '}' : ']'),
          at};
}

// A token that is fine by itself and stands where it may not, or a word that is no token.
SyntaxMessage explain_place(const SyntaxState& state, const TextCursor& start, bool comma,
                            TextPosition comma_at, bool colon) {
  const char c = start.peek();
  const bool needs_key = state.in_object && !state.after_key;
  const std::string token = c == '"' ? "a string" : fmt::format("\"{}\"", character(start.rest()));
  if ((c == '}' || c == ']') && comma)
    return {"trailing comma", fmt::format("remove the comma before \"{}\"", c), comma_at};
  if (c == ',')
    return {comma || state.is_first || colon ? "a comma stands where a value belongs" : "unexpected comma",
            "remove it", start.position()};
  if (state.depth == 0 && state.cursor.offset() > 0 && !state.is_first)
    return {fmt::format("{} follows the end of the recipe", token), "a recipe is one JSON object",
            start.position()};
  if (c == '}' || c == ']') {
    if (state.after_key) return {"a key has no value", "", start.position()};
    return {fmt::format("\"{}\" closes nothing here", c),
            state.depth == 0 ? ""
                             : fmt::format("the innermost open bracket is \"{}\" of line {}",
                                           state.in_object ? '{' : '[', state.opened_at.line),
            start.position()};
  }
  const bool runs_on = start.offset() == state.cursor.offset() && start.offset() > 0 &&
                       std::isdigit(static_cast<unsigned char>(state.text[start.offset() - 1]));
  if (runs_on && !comma && !colon)
    return {fmt::format("a number runs into {}", token),
            "numbers are written like 7, -0.5 or 1e-6, without leading zeros", start.position()};
  if (state.depth > 0 && !state.after_key && !state.is_first && !comma)
    return {fmt::format("missing comma before {}", token), "", start.position()};
  if (state.after_key && !colon)
    return {fmt::format("missing \":\" between a key and {}", token), "", start.position()};
  if (c == '\'') return {"strings are written in double quotes", "", start.position()};
  if (needs_key)
    return {fmt::format("{} is not a key", token), "keys are written in double quotes", start.position()};
  TextCursor end = start;
  end.skip_token();
  const std::string word(start.rest().substr(0, std::min<size_t>(end.offset() - start.offset(), 40)));
  if (word.size() > 1)
    return {fmt::format("unknown word \"{}\"", word), did_you_mean(word, {"true", "false", "null"}),
            start.position()};
  return {fmt::format("unexpected {}", token), "", start.position()};
}

}  // namespace

SyntaxMessage explain_syntax(const SyntaxState& state) {
  TextCursor cursor = state.cursor;
  bool comma = false, colon = false;
  TextPosition comma_at;
  for (;;) {
    cursor.skip_blank();
    if (cursor.peek() == ',' && !comma && state.depth > 0 && !state.is_first && !state.after_key) {
      comma = true;
      comma_at = cursor.position();
    } else if (cursor.peek() == ':' && !colon && state.after_key) {
      colon = true;
    } else {
      break;
    }
    cursor.advance_to(cursor.offset() + 1);
  }
  SyntaxMessage message;
  if (explain_token(state, cursor, message)) return message;
  if (cursor.at_end()) return explain_end(state, cursor.position());
  return explain_place(state, cursor, comma, comma_at, colon);
}

}  // namespace vernier::core
