// Which versions of a plugin will do.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

// A semantic version (semver.org, 2.0.0). Build metadata is read and ignored.
struct Version {
  std::array<uint64_t, 3> numbers = {0, 0, 0};  // major, minor, patch
  std::string prerelease;                       // "rc.1"; empty for a release

  // Parts that are missing are 0: "1.2" is 1.2.0. None when `text` is no version.
  static std::optional<Version> parse(std::string_view text);
};

// Negative, 0, positive as a comes before, with, after b. A prerelease comes before its release.
int compare(const Version& a, const Version& b);

// Comparisons that must all hold, with blanks or commas between: ">=1.0 <2", "^1.2" (same major, or same
// minor below 1.0),
// "~1.2" (same minor), "1.2" and "1.2.x" (any patch), "1.2.3" and "=1.2.3" (this one), "*".
class VersionConstraint {
 public:
  // None when `text` is no constraint.
  static std::optional<VersionConstraint> parse(std::string_view text);
  [[nodiscard]] bool allows(const Version& version) const;

 private:
  struct Bound {
    std::string comparison;  // "<", "<=", ">", ">=", "="
    Version version;
  };
  std::vector<Bound> bounds_;
};

}  // namespace vernier::core
