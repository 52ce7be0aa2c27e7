// `vernier plan`: what would happen to each tensor, without running the model.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "session/output_check.h"
#include "session/prepare.h"

namespace vernier::core {

namespace {

nlohmann::json site_row(const Site& site) {
  return {{"site", site.path},
          {"role", site.is_weight ? "weight" : "activation"},
          {"observer", site.spec.observer},
          {"dtype", site.spec.dtype.name()},
          {"scheme", to_string(site.spec.scheme)},
          {"granularity", to_string(site.spec.granularity)},
          {"axis", site.spec.granularity == Granularity::kChannel ? nlohmann::json(site.spec.axis)
                                                                  : nlohmann::json(nullptr)},
          {"chosen_by", site.reason}};
}

nlohmann::json parameter_row(const ModuleTree& tree, const Parameter& parameter) {
  const auto elements = static_cast<uint64_t>(parameter.source.elements());
  const bool is_quantized = parameter.site >= 0;
  return {
      {"parameter", parameter.path},
      {"shape", parameter.source.shape},
      {"checkpoint_dtype",
       parameter.is_filled ? nlohmann::json(nullptr) : nlohmann::json(parameter.source.dtype.name())},
      {"bytes_before", parameter.is_filled ? 0 : parameter.source.bytes()},
      {"bytes_after", is_quantized ? tree.sites[parameter.site].spec.dtype.bytes(elements) : 4 * elements}};
}

}  // namespace

nlohmann::json plan(const SessionOptions& options) {
  const Prepared p = prepare(options);
  (void)check_outputs(options, p.recipe, *p.catalog);
  nlohmann::json sites = nlohmann::json::array(), parameters = nlohmann::json::array(),
                 exports = nlohmann::json::array(), plugins = nlohmann::json::array();
  for (const Site& site : p.tree->sites) {
    options.run_control().check();
    sites.push_back(site_row(site));
  }
  for (const Parameter& parameter : p.tree->parameters) {
    options.run_control().check();
    parameters.push_back(parameter_row(*p.tree, parameter));
  }
  const std::filesystem::path out = output_folder(options, p.recipe);
  for (const auto& wanted : p.recipe.exports)
    exports.push_back(
        {{"backend", wanted.backend}, {"entry", wanted.entry}, {"file", (out / wanted.file).string()}});
  for (const CatalogPlugin* plugin : p.hub->used())
    plugins.push_back({{"id", plugin->manifest.id},
                       {"version", plugin->manifest.version},
                       {"file", plugin->file.string()}});
  return {{"version", 1},
          {"recipe", p.recipe.file.string()},
          {"module", p.recipe.model.module},
          {"type", p.tree->root().type},
          {"entry", p.entry},
          {"plugins", plugins},
          {"sites", sites},
          {"parameters", parameters},
          {"unused_tensors", p.config.unused_tensors},
          {"config", p.config.to_json(p.recipe)},
          {"exports", exports}};
}

}  // namespace vernier::core
