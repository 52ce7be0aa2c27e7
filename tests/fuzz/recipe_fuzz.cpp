// Text to recipe: parser, positions, schema, typed fields, then rules over sites and a plugin catalog. The
// bytes up to the first 0x1f are overrides, a line each.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/recipe/sample_catalog.h"
#include "core/recipe/sample_sites.h"
#include "recipe/check.h"
#include "recipe/resolve.h"
#include "vernier/core/error.h"
#include "vernier/core/recipe.h"

using namespace vernier::core;

namespace {

std::vector<std::string> take_overrides(std::string_view& text) {
  std::vector<std::string> overrides;
  const size_t end = text.find('\x1f');
  if (end == std::string_view::npos) return overrides;
  std::string_view lines = text.substr(0, end);
  text.remove_prefix(end + 1);
  while (!lines.empty()) {
    const size_t length = std::min(lines.find('\n'), lines.size());
    overrides.emplace_back(lines.substr(0, length));
    lines.remove_prefix(std::min(length + 1, lines.size()));
  }
  return overrides;
}

// Errors must be of ours, complete and printable.
template <typename Act>
bool attempt(Act act) {
  try {
    act();
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage || error.diagnostics().empty()) std::abort();
    for (const Diagnostic& one : error.diagnostics()) {
      if (one.what.empty() || one.where.empty()) std::abort();
    }
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Catalog catalog = sample_catalog();
  static const std::vector<SiteDescription> sites = embedder_sites();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> overrides = take_overrides(text);
  attempt([&] {
    const Recipe recipe = parse_recipe(text, "fuzz.json", overrides);
    attempt([&] { check_against(recipe, catalog); });
    attempt([&] { resolve_specs(recipe, sites); });
    attempt([&] { resolve_config(recipe, {{"vision_config", {{"a", 1}}}, {"text_config", {1, 2}}}); });
    // The effective recipe is a recipe that says the same.
    if (*parse_recipe(recipe.effective->dump(), "fuzz.json").effective != *recipe.effective) std::abort();
  });
  return 0;
}
