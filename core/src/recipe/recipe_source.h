// Where the parts of a recipe came from: its text, or overrides.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "recipe/json_positions.h"
#include "vernier/core/error.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

struct RecipeSource {
  std::vector<std::string> names;  // the file as it was given, and those that it extends: JsonPlace::text
  std::set<size_t> presets;        // of these texts, the ones that are presets
  JsonPlace root;
  std::map<std::string, std::string> overrides;  // pointer -> "quantization.weight.dtype=int9"

  [[nodiscard]] std::string where(const std::string& pointer, bool at_key = false) const;
  // Line and column only: "recipe.json:9:16"
  [[nodiscard]] std::string line_of(const std::string& pointer) const;
  [[nodiscard]] TextPosition position(const std::string& pointer, bool at_key = false) const;
  // Place in `names`.
  [[nodiscard]] size_t text_of(const std::string& pointer) const;
  // Whether a text, or an override of this very place, has a value there: defaults that were filled in have
  // none.
  [[nodiscard]] bool is_written(const std::string& pointer) const;
  // Whether a preset says it, and neither the recipe nor an override.
  [[nodiscard]] bool is_of_preset(const std::string& pointer) const;

 private:
  [[nodiscard]] const std::string* override_of(const std::string& pointer) const;
};

// Findings about one recipe; thrown together, in the order of the text.
class RecipeFindings {
 public:
  explicit RecipeFindings(const RecipeSource& source) : source_(source) {}
  void add(const std::string& pointer, std::string what, std::string hint = {}, bool at_key = false);
  [[nodiscard]] bool empty() const { return findings_.empty(); }
  // Throws Error (kUsage) unless empty. Beyond 100 findings, only how many more there are.
  void throw_if_any();

 private:
  struct Finding {
    size_t text;
    TextPosition position;
    Diagnostic diagnostic;
  };
  const RecipeSource& source_;
  std::vector<Finding> findings_;
  size_t unsorted_ = 0;  // more of them, that are only counted
};

}  // namespace vernier::core
