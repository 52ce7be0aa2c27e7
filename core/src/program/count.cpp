#include "program/count.h"

#include <fmt/format.h>

#include <charconv>

namespace vernier::core {

namespace {

constexpr std::array<Counter, kCounters> kLongestFirst = {
    Counter::kPictures, Counter::kPicture, Counter::kPrompt,
    Counter::kPast};  // longer names before their beginnings
constexpr size_t kMostDigits = 9;

}  // namespace

const char* to_string(Counter counter) {
  switch (counter) {
    case Counter::kPrompt:
      return "prompt";
    case Counter::kPast:
      return "past";
    case Counter::kPicture:
      return "picture";
    case Counter::kPictures:
      return "pictures";
  }
  return "";
}

std::optional<Count> Count::parse(std::string_view text) {
  for (const Counter counter : kLongestFirst) {
    const std::string_view name = to_string(counter);
    if (text.substr(0, name.size()) != name) continue;
    const std::string_view rest = text.substr(name.size());
    if (rest.empty()) return Count{counter, 1, 0};
    int64_t number = 0;
    const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), number);
    if (error != std::errc() || end != rest.data() + rest.size() || rest[1] == '-' ||
        rest.size() > kMostDigits + 1)
      return std::nullopt;
    if (rest[0] == '+') return Count{counter, 1, number};
    if (rest[0] == '-') return Count{counter, 1, -number};
    if (rest[0] == '*') return Count{counter, number, 0};
    return std::nullopt;
  }
  return std::nullopt;
}

int64_t Count::at(const CounterValues& values) const {
  return counter ? factor * values[static_cast<size_t>(*counter)] + term : term;
}

std::optional<Range> Count::over(const CounterRanges& ranges) const {
  if (!counter) return Range{term, term};
  const std::optional<Range>& range = ranges[static_cast<size_t>(*counter)];
  if (!range) return std::nullopt;
  return Range{factor * range->low + term, factor * range->high + term};
}

std::string Count::text() const {
  if (!counter) return std::to_string(term);
  if (factor != 1) return fmt::format("{}*{}", to_string(*counter), factor);
  if (term == 0) return to_string(*counter);
  return fmt::format("{}{}{}", to_string(*counter), term < 0 ? "-" : "+", term < 0 ? -term : term);
}

}  // namespace vernier::core
