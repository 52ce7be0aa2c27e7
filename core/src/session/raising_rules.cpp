#include "session/raising_rules.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "file/atomic_file.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

bool is_raisable(const Site& site, DType dtype) {
  return !site.is_weight && site.qparams && !site.qparams->is_float && site.qparams->dtype.bits < dtype.bits;
}

nlohmann::ordered_json raising_rules(const Prepared& p, std::span<const int> sites, DType dtype) {
  const auto scheme = dtype.is_signed() ? Scheme::kSymmetric : Scheme::kAsymmetric;
  nlohmann::ordered_json rules = nlohmann::ordered_json::array();
  for (const int place : sites) {
    const Site& site = p.tree->sites[static_cast<size_t>(place)];
    if (!is_raisable(site, dtype) || site.tied_to >= 0) continue;
    nlohmann::ordered_json rule = {{"match", site.relative}, {"dtype", dtype.name()}};
    // Where nobody names a scheme it follows from the dtype; else it would be kept.
    const auto usual = site.spec.dtype.is_signed() ? Scheme::kSymmetric : Scheme::kAsymmetric;
    const bool is_named = p.recipe.quantization.activation.scheme != VERNIER_SCHEME_UNSET ||
                          site.declared.scheme != Scheme::kUnset || site.spec.scheme != usual;
    if (is_named) rule["scheme"] = to_string(scheme);
    rules.push_back(std::move(rule));
  }
  return rules;
}

void refuse_raised_recipe(const std::filesystem::path& recipe, const std::vector<std::string>& overrides,
                          const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, ignored)))
    throw usage_error("the recipe exists already", file.string(), "name another one, or remove it");
  if (!std::filesystem::is_regular_file(recipe, ignored))
    throw usage_error("a new recipe extends a recipe's file", recipe.string(),
                      "name the recipe, not the folder of its run");
  if (!overrides.empty())
    throw usage_error("a new recipe extends the file, and what --set says is not in it",
                      "--set " + overrides[0], "write it into the recipe, or into one that extends it");
}

void write_raised_recipe(const nlohmann::ordered_json& rules, const std::filesystem::path& recipe,
                         const std::filesystem::path& file, const std::string& comment) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::absolute(file).lexically_normal().parent_path();
  const fs::path base = fs::absolute(recipe).lexically_normal().lexically_relative(folder);
  std::string lines;
  for (const auto& rule : rules) lines += fmt::format("{}\n      {}", lines.empty() ? "" : ",", rule.dump());
  AtomicFile written(file);
  written.write(fmt::format(
      "{{\n  \"version\": 1,\n  // {}\n  \"extends\": {},\n  \"quantization\": {{\n    \"rules\": "
      "[{}\n    ]\n  }}\n}}\n",
      one_line(comment), nlohmann::json(base.string()).dump(), lines));
  written.commit();
}

}  // namespace vernier::core
