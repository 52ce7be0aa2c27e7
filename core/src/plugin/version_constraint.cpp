#include "plugin/version_constraint.h"

#include <algorithm>
#include <charconv>

namespace vernier::core {
namespace {

// A version of which the last parts may be missing or "x".
struct Partial {
  Version version;
  size_t parts = 0;  // how many of the three are given
};

std::string_view take(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

bool parse_number(std::string_view text, uint64_t& number) {
  if (text.empty() || text.size() > 18 || (text.size() > 1 && text.front() == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_identifiers(std::string_view text) {
  const auto is_legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  };
  return !text.empty() && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos && std::all_of(text.begin(), text.end(), is_legal);
}

std::optional<Partial> parse_partial(std::string_view text) {
  Partial partial;
  if (const size_t build = text.find('+'); build != std::string_view::npos) {
    if (!is_identifiers(text.substr(build + 1))) return std::nullopt;
    text = text.substr(0, build);
  }
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    partial.version.prerelease = text.substr(dash + 1);
    if (!is_identifiers(partial.version.prerelease)) return std::nullopt;
    text = text.substr(0, dash);
  }
  if (text.empty() || text.back() == '.') return std::nullopt;
  bool is_open = false;
  for (size_t i = 0; !text.empty(); ++i) {
    if (i == 3) return std::nullopt;
    const std::string_view part = take(text, '.');
    const bool is_wildcard = part == "x" || part == "X" || part == "*";
    if (!is_wildcard && (is_open || !parse_number(part, partial.version.numbers[i]))) return std::nullopt;
    is_open = is_open || is_wildcard;
    if (!is_open) ++partial.parts;
  }
  if (!partial.version.prerelease.empty() && partial.parts != 3) return std::nullopt;
  return partial;
}

// The first version behind all those that agree with `version` in its first `parts` numbers.
Version next(const Version& version, size_t parts) {
  Version result;
  for (size_t i = 0; i < parts; ++i) result.numbers[i] = version.numbers[i];
  ++result.numbers[parts - 1];
  result.prerelease = "0";  // the lowest there is: prereleases of the next line are out too
  return result;
}

int compare_identifiers(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view x = take(a, '.'), y = take(b, '.');
    if (x == y) continue;
    uint64_t m = 0, n = 0;
    const bool x_is_number = parse_number(x, m), y_is_number = parse_number(y, n);
    if (x_is_number && y_is_number) return m < n ? -1 : 1;
    if (x_is_number != y_is_number) return x_is_number ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return a.empty() == b.empty() ? 0 : a.empty() ? -1 : 1;
}

}  // namespace

std::optional<Version> Version::parse(std::string_view text) {
  const std::optional<Partial> partial = parse_partial(text);
  const bool has_wildcard =
      text.substr(0, text.find_first_of("-+")).find_first_of("xX*") != std::string_view::npos;
  if (!partial || has_wildcard) return std::nullopt;
  return partial->version;
}

int compare(const Version& a, const Version& b) {
  if (a.numbers != b.numbers) return a.numbers < b.numbers ? -1 : 1;
  if (a.prerelease.empty() != b.prerelease.empty()) return a.prerelease.empty() ? 1 : -1;
  return compare_identifiers(a.prerelease, b.prerelease);
}

std::optional<VersionConstraint> VersionConstraint::parse(std::string_view text) {
  VersionConstraint constraint;
  constexpr std::string_view kBetween = " ,\t";
  bool is_empty = true;
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(kBetween), text.size()));
    if (text.empty()) break;
    is_empty = false;
    std::string comparison;
    while (!text.empty() && std::string_view("<>=^~").find(text.front()) != std::string_view::npos) {
      comparison += text.front();
      text.remove_prefix(1);
    }
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const size_t end = std::min(text.find_first_of(" ,\t<>=^~"), text.size());
    const std::optional<Partial> partial = parse_partial(text.substr(0, end));
    if (!partial) return std::nullopt;
    text.remove_prefix(end);
    const auto& [version, parts] = *partial;
    const auto add = [&](const char* what, Version bound) {
      constraint.bounds_.push_back({what, std::move(bound)});
    };
    if (comparison == "^") {
      if (parts == 0) continue;
      const size_t first = version.numbers[0] != 0 || parts == 1   ? 1
                           : version.numbers[1] != 0 || parts == 2 ? 2
                                                                   : 3;
      add(">=", version);
      add("<", next(version, first));
    } else if (comparison == "~" || comparison == "=" || comparison.empty()) {
      if (parts == 0) continue;
      if (parts == 3 && comparison != "~") {
        add("=", version);
        continue;
      }
      add(">=", version);
      add("<", next(version, std::min<size_t>(parts, 2)));
    } else if (comparison == ">=" || comparison == "<") {
      add(comparison.c_str(), version);
    } else if (comparison == ">" || comparison == "<=") {  // "> 1.2" means behind all of 1.2
      if (parts == 0) return std::nullopt;
      if (parts == 3) {
        add(comparison.c_str(), version);
      } else {
        add(comparison == ">" ? ">=" : "<", next(version, parts));
      }
    } else {
      return std::nullopt;
    }
  }
  if (is_empty) return std::nullopt;
  return constraint;
}

bool VersionConstraint::allows(const Version& version) const {
  return std::all_of(bounds_.begin(), bounds_.end(), [&](const Bound& bound) {
    const int order = compare(version, bound.version);
    if (bound.comparison == "<") return order < 0;
    if (bound.comparison == "<=") return order <= 0;
    if (bound.comparison == ">") return order > 0;
    if (bound.comparison == ">=") return order >= 0;
    return order == 0;
  });
}

}  // namespace vernier::core
