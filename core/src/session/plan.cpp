// `vernier plan`: what would happen to each tensor and what the file would be, without running the model.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "calibration/planned_qparams.h"
#include "graph/work.h"
#include "report/made_of.h"
#include "session/large_file.h"
#include "session/output_check.h"
#include "session/pipeline.h"
#include "session/plan_rows.h"
#include "session/recipe_program.h"
#include "session/sample_warnings.h"

namespace vernier::core {

namespace {

nlohmann::json site_row(const ModuleTree& tree, const Site& site) {
  nlohmann::json row = {
      {"site", site.path},
      {"role", site.is_weight ? "weight" : "activation"},
      {"observer", site.spec.observer},
      {"dtype", site.spec.dtype.name()},
      {"scheme", to_string(site.spec.scheme)},
      {"granularity", to_string(site.spec.granularity)},
      {"axis", site.spec.granularity == Granularity::kChannel ? nlohmann::json(site.spec.axis)
                                                              : nlohmann::json(nullptr)},
      {"reached", site.is_reached},
      {"chosen_by", site.reason}};
  if (site.spec.granularity == Granularity::kBlock) row["block_size"] = site.spec.block_size;
  add_origin(row, tree, site);
  return row;
}

nlohmann::json parameter_row(const ModuleTree& tree, const Parameter& parameter) {
  const auto elements = static_cast<uint64_t>(parameter.source.elements());
  const bool is_quantized = tree.code_qparams(parameter) != nullptr;
  nlohmann::json row = {
      {"parameter", parameter.path},
      {"shape", parameter.source.shape},
      {"checkpoint_dtype",
       parameter.is_filled ? nlohmann::json(nullptr) : nlohmann::json(parameter.source.dtype.name())},
      {"bytes_before", parameter.is_filled ? 0 : parameter.source.bytes()},
      {"bytes_after", is_quantized ? tree.sites[parameter.site].spec.dtype.bytes(elements) : 4 * elements}};
  if (const nlohmann::json made = made_of(tree, parameter); !made.is_null()) row["made_of"] = made;
  if (const Parameter* whole = is_quantized ? nullptr : part_of(tree, parameter)) {
    row["part_of"] = whole->path;
    row["bytes_after"] = 0;
  }
  return row;
}

nlohmann::json typed_rows(const Graph& graph, const std::vector<ValueIndex>& values) {
  nlohmann::json rows = nlohmann::json::array();
  for (ValueIndex value : values) {
    const GraphValue& one = graph.values[value];
    rows.push_back({{"name", one.name}, {"dtype", one.dtype.name()}, {"shape", one.shape}});
  }
  return rows;
}

// What a file would compute, with the extents of calibration sample 0.
nlohmann::json graph_json(const Graph& graph, size_t shapes) {
  nlohmann::json result = to_json(work_of(graph));
  result["inputs"] = typed_rows(graph, graph.inputs);
  result["outputs"] = typed_rows(graph, graph.outputs);
  result["sample_shapes"] = shapes;
  return result;
}

std::vector<std::string> unit_names(const Recipe& recipe, const RecipeExport& wanted) {
  std::vector<std::string> names;
  for (const size_t unit : wanted.units) names.push_back(recipe.units[unit].name);
  return names;
}

// No data passes through it: observers are asked about two numbers, forwards about shapes.
SessionOptions without_torch(SessionOptions options) {
  options.device = &make_reference_device;
  return options;
}

}  // namespace

nlohmann::json plan(const SessionOptions& session) {
  const SessionOptions options = without_torch(session);
  Pipeline run(options, TrialScope::kPlan, /*runs_elsewhere=*/true);
  const Prepared& p = run.p;
  (void)check_outputs(options, p.recipe, *p.catalog);
  const std::vector<Graph> planned = run.refuse_early();
  nlohmann::json units = nlohmann::json::array();
  for (size_t i = 0; i < planned.size(); ++i) {
    units.push_back(run.units[i]->to_json());
    units.back()["graph"] = graph_json(planned[i], run.units[i]->shapes.size());
  }
  nlohmann::json sites = nlohmann::json::array(), parameters = nlohmann::json::array(),
                 exports = nlohmann::json::array(), plugins = nlohmann::json::array();
  const PlannedQparams stand_ins(*p.services, *p.tree,
                                 [&p](const std::string& name) { return p.hub->observer(name); });
  for (const Site& site : p.tree->sites) {
    options.run_control().check();
    sites.push_back(site_row(*p.tree, site));
  }
  for (const Parameter& parameter : p.tree->parameters) {
    options.run_control().check();
    if (parameter.is_exported) parameters.push_back(parameter_row(*p.tree, parameter));
  }
  const std::filesystem::path out = output_folder(options, p.recipe);
  const Profiles profiles = Profiles::find(p.recipe.plugins.search, options.run_control());
  for (size_t i = 0; i < p.recipe.exports.size(); ++i) {
    const RecipeExport& wanted = p.recipe.exports[i];
    exports.push_back({{"backend", wanted.backend},
                       {"units", unit_names(p.recipe, wanted)},
                       {"file", (out / wanted.file).string()},
                       {"profile", wanted.profile.empty() ? "none" : wanted.profile},
                       {"large", large_file(wanted.file, constant_bytes(wanted.units, planned), profiles)}});
    if (wanted.open) exports.back()["open"] = run.open_inputs(i).to_json();
  }
  for (const CatalogPlugin* plugin : p.hub->used())
    plugins.push_back({{"id", plugin->manifest.id},
                       {"version", plugin->manifest.version},
                       {"file", plugin->file.string()}});
  return {{"version", 1},
          {"recipe", p.recipe.file.string()},
          {"module", p.recipe.model.module},
          {"type", p.tree->root().type},
          {"plugins", plugins},
          {"qparams_from", run.given_json()},
          {"sites", sites},
          {"modules", module_rows(*p.tree)},
          {"rules", rule_rows(p.recipe, *p.tree)},
          {"entry", units.size() == 1 ? units[0]["entry"] : nlohmann::json(nullptr)},
          {"graph", units.size() == 1 ? units[0]["graph"] : nlohmann::json(nullptr)},
          {"units", units},
          {"prompts", p.program ? p.program->prompts() : nlohmann::json(nullptr)},
          {"parameters", parameters},
          {"unused_tensors", p.config.unused_tensors},
          {"config", p.config.to_json(p.recipe)},
          {"exports", exports},
          {"warnings", sample_warnings(p.recipe, run.units, p.program.get(), nullptr)},
          {"predicted_seconds", run.predicted_seconds},
          {"memory", run.memory_plan.to_json()}};
}

}  // namespace vernier::core
