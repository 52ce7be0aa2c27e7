#include "text/strict_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using Json = nlohmann::json;

// Tells the callback how far the parser has read, which nlohmann's events do not.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, size_t* read) : at_(at), read_(read) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    ++at_;
    ++*read_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  size_t* read_;
};

// nlohmann's message less its number and its own position: both are told better by us.
std::string cause_of(const Json::parse_error& error) {
  const std::string_view text = error.what();
  const size_t column = text.find("column ");
  const size_t colon = column == text.npos ? text.npos : text.find(": ", column);
  return one_line(colon == text.npos ? text : text.substr(colon + 2));
}

}  // namespace

std::string line_column(std::string_view text, size_t offset, size_t first_line) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const size_t line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n')) + first_line;
  const size_t start = before.rfind('\n');
  return fmt::format("{}:{}", line, before.size() - (start == before.npos ? 0 : start + 1) + 1);
}

Json parse_strict_json(std::string_view text, const std::string& file, const JsonLimits& limits,
                       size_t first_line) {
  if (text.size() > limits.bytes) {
    throw data_error(
        fmt::format("the JSON file has {} bytes, at most {} are read", text.size(), limits.bytes), file);
  }
  // The parser takes a zero byte for the end of the text and would not look at what follows.
  const size_t zero = text.find('\0');
  if (zero != text.npos)
    throw data_error("a zero byte in JSON text",
                     fmt::format("{}:{}", file, line_column(text, zero, first_line)));

  size_t read = 0;
  size_t values = 0;
  std::vector<std::set<std::string>> keys;
  const auto refuse = [&](std::string what) {
    throw data_error(std::move(what),
                     fmt::format("{}:{}", file, line_column(text, read == 0 ? 0 : read - 1, first_line)));
  };
  const auto on_event = [&](int depth, Json::parse_event_t event, Json& parsed) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second) {
      refuse(fmt::format("the key {} is there twice", in_quotes(parsed.get_ref<const std::string&>())));
    }
    if (event == Event::object_start || event == Event::array_start) {
      if (static_cast<size_t>(depth) >= limits.depth)
        refuse(fmt::format("nested deeper than {} levels", limits.depth));
    }
    if (event == Event::object_start || event == Event::array_start || event == Event::value) {
      if (++values > limits.values) refuse(fmt::format("more than {} values", limits.values));
    }
    return true;
  };
  try {
    return Json::parse(CountingIterator(text.data(), &read),
                       CountingIterator(text.data() + text.size(), &read), on_event);
  } catch (const Json::parse_error& error) {
    throw data_error(
        fmt::format("not valid JSON: {}", cause_of(error)),
        fmt::format("{}:{}", file, line_column(text, error.byte == 0 ? 0 : error.byte - 1, first_line)));
  } catch (const Json::exception& error) {  // a number out of range
    const std::string_view cause = error.what();
    refuse(fmt::format("not valid JSON: {}",
                       one_line(cause.substr(std::min(cause.find("] ") + 2, cause.size())))));
    throw;  // not reached
  }
}

}  // namespace vernier::core
