// Patterns over site paths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

// Paths are segments with "." or "/" between them; in a pattern the two mean the same. Within a segment "*"
// stands for any characters and "?" for one; a segment "**" stands for any number of segments, none too:
// "**/act_*" matches "act_in" and "a.b/act_in". Time is bounded by pattern length times path length.
class Glob {
 public:
  explicit Glob(std::string_view pattern);
  [[nodiscard]] bool matches(std::string_view path) const;

 private:
  std::vector<std::string> segments_;
};

}  // namespace vernier::core
