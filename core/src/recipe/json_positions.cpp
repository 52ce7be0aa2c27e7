#include "recipe/json_positions.h"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "recipe/syntax_message.h"
#include "text/json_pointer.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

std::string at(const std::string& name, TextPosition position) {
  return fmt::format("{}:{}:{}", name, position.line, position.column);
}

// Bytes of the well-formed UTF-8 character that `text` begins with; 0 when it does not begin with one.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return 0;
  }
  const unsigned second = byte(1);
  const bool is_overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool is_beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
  return is_overlong || is_beyond ? 0 : length;
}

// nlohmann checks strings only, and takes a NUL for the end of the text.
void check_encoding(std::string_view text, const std::string& name) {
  for (size_t i = 0; i < text.size();) {
    const size_t length = text[i] == '\0' ? 0 : utf8_length(text.substr(i));
    if (length == 0) {
      TextCursor cursor(text);
      cursor.advance_to(i);
      throw usage_error(fmt::format("byte 0x{:02x} is not UTF-8 text", static_cast<unsigned char>(text[i])),
                        at(name, cursor.position()), "save the file as UTF-8");
    }
    i += length;
  }
}

// Builds values and places in step with nlohmann's parser. Each callback comes directly behind its token, so
// the token's start is what follows the previous token, blanks, commas and colons.
class Builder : public nlohmann::json_sax<json> {
 public:
  Builder(std::string_view text, std::string name, const JsonTextLimits& limits)
      : text_(text), name_(std::move(name)), limits_(limits), cursor_(text) {}

  JsonDocument take() { return std::move(document_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool binary(binary_t&) override { return false; }
  bool string(string_t& value) override {
    const TextPosition start = take_token();
    check_string(value, start);
    put(std::move(value), start);
    return true;
  }
  bool key(string_t& value) override {
    key_at_ = take_token();
    check_string(value, key_at_);
    if (frames_.back().value->contains(value))
      fail(fmt::format("key \"{}\" occurs twice in one object", value), key_at_, "remove one of the two");
    key_ = std::move(value);
    after_key_ = true;
    return true;
  }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
    SyntaxState state(text_, cursor_);
    state.after_key = after_key_;
    state.depth = frames_.size();
    state.is_first = frames_.empty() ? count_ == 0 : frames_.back().value->empty();
    if (!frames_.empty()) {
      state.in_object = frames_.back().value->is_object();
      state.opened_at = frames_.back().place->value_at;
    }
    state.read = std::min(position, text_.size());
    state.complaint = std::string_view(error.what());
    state.complaint =
        state.complaint.substr(0, state.complaint.find("; last read"));  // the user's text follows
    const SyntaxMessage message = explain_syntax(state);
    throw usage_error(message.what, at(name_, message.at), message.hint);
  }

 private:
  struct Frame {
    json* value;
    JsonPlace* place;
  };

  [[noreturn]] void fail(std::string what, TextPosition position, std::string hint = {}) const {
    throw usage_error(std::move(what), at(name_, position), std::move(hint));
  }

  void check_string(const std::string& value, TextPosition position) const {
    if (value.size() > kMaxJsonString)
      fail(fmt::format("a string of {} bytes is longer than the limit of {}", value.size(), kMaxJsonString),
           position);
    if (value.find('\0') != std::string::npos)
      fail("a string holds the character \\u0000", position, "remove it");
  }

  // Start of the token that the parser has just read; the cursor goes behind it.
  TextPosition take_token() {
    for (;;) {
      cursor_.skip_blank();
      if (cursor_.peek() != ',' && cursor_.peek() != ':') break;
      cursor_.advance_to(cursor_.offset() + 1);
    }
    const TextPosition start = cursor_.position();
    cursor_.skip_token();
    return start;
  }

  bool add(json value) {
    const TextPosition start = take_token();
    put(std::move(value), start);
    return true;
  }

  // Pointers in `frames_` stay good: a container gets its next element only when the one before is complete.
  Frame put(json value, TextPosition start) {
    if (++count_ > limits_.values) fail(fmt::format("more than {} values", limits_.values), start);
    after_key_ = false;
    if (frames_.empty()) {
      document_.value = std::move(value);
      document_.root.value_at = document_.root.key_at = start;
      return {&document_.value, &document_.root};
    }
    Frame& parent = frames_.back();
    JsonPlace place{{}, parent.value->is_array(), start, start, {}};
    json* slot = nullptr;
    if (parent.value->is_object()) {
      place.key = key_;
      place.key_at = key_at_;
      slot = &((*parent.value)[key_] = std::move(value));
    } else {
      parent.value->push_back(std::move(value));
      slot = &parent.value->back();
    }
    parent.place->children.push_back(std::move(place));
    return {slot, &parent.place->children.back()};
  }

  bool open(json value) {
    const TextPosition start = take_token();
    if (frames_.size() >= kMaxJsonDepth)
      fail(fmt::format("values are nested deeper than {} levels", kMaxJsonDepth), start);
    frames_.push_back(put(std::move(value), start));
    return true;
  }

  bool close() {
    take_token();
    const auto is_scalar = [](const json& value) { return value.is_primitive(); };
    Frame& closed = frames_.back();
    if (!limits_.places_of_scalars && closed.value->is_array() &&
        std::ranges::all_of(*closed.value, is_scalar))
      closed.place->children = {};
    frames_.pop_back();
    return true;
  }

  std::string_view text_;
  std::string name_;
  JsonTextLimits limits_;
  TextCursor cursor_;
  JsonDocument document_;
  std::vector<Frame> frames_;
  std::string key_;
  TextPosition key_at_;
  bool after_key_ = false;
  size_t count_ = 0;
};

}  // namespace

const JsonPlace* child_at(const JsonPlace& place, const std::string& token) {
  size_t index = 0;
  const bool is_array = !place.children.empty() && place.children.front().is_element;
  if (is_array)
    return is_index(token, index) && index < place.children.size() ? &place.children[index] : nullptr;
  for (const JsonPlace& child : place.children) {
    if (child.key == token) return &child;
  }
  return nullptr;
}

JsonDocument parse_json_document(std::string_view text, const std::string& name,
                                 const JsonTextLimits& limits) {
  if (text.size() > limits.bytes)
    throw usage_error(fmt::format("{} bytes are more than the limit of {}", text.size(), limits.bytes), name);
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
  check_encoding(text, name);
  Builder builder(text, name, limits);
  json::sax_parse(text.begin(), text.end(), &builder, json::input_format_t::json, true, true);
  return builder.take();
}

}  // namespace vernier::core
