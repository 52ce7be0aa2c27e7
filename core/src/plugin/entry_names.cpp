#include "plugin/entry_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "plugin/manifest.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

bool is_repeated(std::string_view name) { return !name.empty() && name.back() == '*'; }
std::string_view stem_of(std::string_view name) { return name.substr(0, name.size() - 1); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits that `text` begins with, without zeros before them; they are taken from it.
std::string_view take_number(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

// Whether a name that `one` stands for can be one that `other` stands for, too.
bool may_meet(std::string_view one, std::string_view other) {
  if (!is_repeated(one) && !is_repeated(other)) return one == other;
  if (!is_repeated(one)) return may_meet(other, one);
  const std::string_view stem = stem_of(one), rest = is_repeated(other) ? stem_of(other) : other;
  return rest.substr(0, stem.size()) == stem || (is_repeated(other) && stem.substr(0, rest.size()) == rest);
}

// Why a list cannot be one; nothing where it can.
std::optional<std::string> fault_of(std::span<const std::string> listed, const char* side) {
  for (size_t i = 0; i < listed.size(); ++i) {
    const bool is_many = is_repeated(listed[i]);
    if (is_many && stem_of(listed[i]).empty()) return fmt::format("has {} \"*\"", side);
    if (!is_many && i > 0 && is_repeated(listed[i - 1]))
      return fmt::format("has the {} \"{}\" behind \"{}\"", side, listed[i], listed[i - 1]);
    if (listed[i].find('*') != std::string::npos && (!is_many || listed[i].find('*') + 1 < listed[i].size()))
      return fmt::format("has the {} \"{}\"", side, listed[i]);
  }
  return std::nullopt;
}

}  // namespace

bool has_repeated(std::span<const std::string> listed) { return std::ranges::any_of(listed, is_repeated); }

bool is_before(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view one = take_number(a), other = take_number(b);
      if (one.size() != other.size()) return one.size() < other.size();
      if (one != other) return one < other;
      continue;
    }
    if (a.front() != b.front()) return a.front() < b.front();
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return a.empty() && !b.empty();
}

bool fit_names(std::span<const std::string> listed, std::span<const std::string> given) {
  size_t at = 0;
  for (const std::string& name : listed) {
    if (!is_repeated(name)) {
      if (at == given.size() || given[at] != name) return false;
      ++at;
      continue;
    }
    const std::string_view stem = stem_of(name);
    for (const size_t first = at; at < given.size(); ++at) {
      if (given[at].size() <= stem.size() || given[at].compare(0, stem.size(), stem) != 0) break;
      if (at > first && !is_before(given[at - 1], given[at])) return false;
    }
  }
  return at == given.size();
}

void check_entry_names(const EntryInfo& entry, const std::string& wrapper, const std::string& where) {
  const auto refuse = [&](const std::string& what) {
    throw plugin_error(
        fmt::format("entry {} of wrapper {} {}", entry.name, wrapper, what), where,
        "\"past_*\" stands for any number of names that begin with \"past_\"; it stands behind "
        "all others, and fits none of them");
  };
  if (const auto fault = fault_of(entry.inputs, "input")) refuse(*fault);
  if (const auto fault = fault_of(entry.outputs, "output")) refuse(*fault);
  std::vector<std::string> all = entry.inputs;
  all.insert(all.end(), entry.outputs.begin(), entry.outputs.end());
  if (!has_repeated(all)) return;
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (may_meet(all[k], all[i]))
        refuse(fmt::format("has \"{}\" and \"{}\", which fit one name", all[k], all[i]));
    }
  }
}

}  // namespace vernier::core
