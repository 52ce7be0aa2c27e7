#include "recipe/recipe_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "text/json_pointer.h"

namespace vernier::core {
namespace {

constexpr size_t kMostFindings = 100;
constexpr size_t kMostSorted = 1000;  // a place is searched among the members before it

const JsonPlace& find_place(const JsonPlace& root, const std::string& pointer) {
  const JsonPlace* place = &root;
  for (const std::string& token : split_pointer(pointer)) {
    const JsonPlace* next = child_at(*place, token);
    if (!next) break;
    place = next;
  }
  return *place;
}

}  // namespace

// An override speaks for its own place and for all below it.
const std::string* RecipeSource::override_of(const std::string& pointer) const {
  for (const auto& [prefix, text] : overrides) {
    const bool is_below = pointer.compare(0, prefix.size(), prefix) == 0 &&
                          (pointer.size() == prefix.size() || pointer[prefix.size()] == '/');
    if (is_below) return &text;
  }
  return nullptr;
}

TextPosition RecipeSource::position(const std::string& pointer, bool at_key) const {
  const JsonPlace& place = find_place(root, pointer);
  return at_key ? place.key_at : place.value_at;
}

size_t RecipeSource::text_of(const std::string& pointer) const { return find_place(root, pointer).text; }

bool RecipeSource::is_written(const std::string& pointer) const {
  if (overrides.contains(pointer)) return true;
  if (override_of(pointer) != nullptr) return false;  // of something around it: not known
  const JsonPlace* place = &root;
  for (const std::string& token : split_pointer(pointer)) {
    place = child_at(*place, token);
    if (place == nullptr) return false;
  }
  return true;
}

bool RecipeSource::is_of_preset(const std::string& pointer) const {
  return override_of(pointer) == nullptr && presets.contains(text_of(pointer));
}

std::string RecipeSource::where(const std::string& pointer, bool at_key) const {
  const std::string suffix = pointer.empty() ? "" : fmt::format(" ({})", pointer);
  if (const std::string* text = override_of(pointer)) return fmt::format("--set {}{}", *text, suffix);
  const TextPosition at = position(pointer, at_key);
  return fmt::format("{}:{}:{}{}", names.at(text_of(pointer)), at.line, at.column, suffix);
}

std::string RecipeSource::line_of(const std::string& pointer) const {
  if (const std::string* text = override_of(pointer)) return "--set " + *text;
  const TextPosition at = position(pointer);
  return fmt::format("{}:{}:{}", names.at(text_of(pointer)), at.line, at.column);
}

void RecipeFindings::add(const std::string& pointer, std::string what, std::string hint, bool at_key) {
  if (findings_.size() == kMostSorted) {
    ++unsorted_;
    return;
  }
  findings_.push_back({source_.text_of(pointer),
                       source_.position(pointer, at_key),
                       {std::move(what), source_.where(pointer, at_key), std::move(hint)}});
}

void RecipeFindings::throw_if_any() {
  if (findings_.empty()) return;
  std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.text, a.position.line, a.position.column) <
           std::tie(b.text, b.position.line, b.position.column);
  });
  std::vector<Diagnostic> diagnostics;
  for (size_t i = 0; i < std::min(findings_.size(), kMostFindings); ++i)
    diagnostics.push_back(std::move(findings_[i].diagnostic));
  if (findings_.size() > kMostFindings)
    diagnostics.push_back({fmt::format("{} more findings", findings_.size() + unsorted_ - kMostFindings),
                           source_.names.front(), ""});
  throw Error(ErrorKind::kUsage, std::move(diagnostics));
}

}  // namespace vernier::core
