#include "recipe/glob.h"

namespace vernier::core {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments(1);
  for (const char c : path) {
    if (c == '.' || c == '/') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  return segments;
}

// Matches items against a pattern in which some items are stars. A mismatch goes back to the last star only,
// which then takes one item more: an earlier star has no better choice than its first one, so this is never
// exponential.
template <typename Pattern, typename Text, typename IsStar, typename Fits>
bool match_with_stars(const Pattern& pattern, const Text& text, IsStar is_star, Fits fits) {
  constexpr size_t kNone = static_cast<size_t>(-1);
  size_t p = 0, t = 0, star = kNone, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && is_star(pattern[p])) {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && fits(pattern[p], text[t])) {
      ++p;
      ++t;
    } else if (star != kNone) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && is_star(pattern[p])) ++p;
  return p == pattern.size();
}

bool segment_matches(const std::string& pattern, const std::string& segment) {
  return match_with_stars(
      pattern, segment, [](char c) { return c == '*'; }, [](char p, char c) { return p == '?' || p == c; });
}

}  // namespace

Glob::Glob(std::string_view pattern) : segments_(split(pattern)) {}

bool Glob::matches(std::string_view path) const {
  return match_with_stars(
      segments_, split(path), [](const std::string& segment) { return segment == "**"; }, segment_matches);
}

}  // namespace vernier::core
