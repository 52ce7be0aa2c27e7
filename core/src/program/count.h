// A number that an argument of a step is: literal, or what a counter of the run makes it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vernier::core {

enum class Counter { kPrompt, kPast, kPicture, kPictures };
inline constexpr size_t kCounters = 4;

const char* to_string(Counter counter);  // "prompt", "past", "picture", "pictures"

// Values of the counters at one moment of a run, by Counter.
using CounterValues = std::array<int64_t, kCounters>;

// The least and the greatest value that something may have.
struct Range {
  int64_t low = 0, high = 0;

  friend bool operator==(const Range& a, const Range& b) { return a.low == b.low && a.high == b.high; }
};
// Of the counters in a phase; nothing: there is no such counter there.
using CounterRanges = std::array<std::optional<Range>, kCounters>;

// factor * counter + term, or the term alone.
struct Count {
  std::optional<Counter> counter;
  int64_t factor = 1;
  int64_t term = 0;

  static Count of(int64_t value) { return {std::nullopt, 1, value}; }
  // "prompt", "prompt-1", "picture*12"; nothing where `text` is none.
  static std::optional<Count> parse(std::string_view text);

  [[nodiscard]] int64_t at(const CounterValues& values) const;
  // Nothing where its counter is not there. A counter only grows, and so does what is made of it.
  [[nodiscard]] std::optional<Range> over(const CounterRanges& ranges) const;
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Count& a, const Count& b) {
    return a.counter == b.counter && a.factor == b.factor && a.term == b.term;
  }
};

}  // namespace vernier::core
