#include "report/made_of.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vernier::core {

namespace {

bool reads(const Parameter& made, const ModuleTree& tree, const Parameter& wanted) {
  return std::any_of(made.expression->values.begin(), made.expression->values.end(),
                     [&](const GraphValue& value) {
                       return value.kind == ValueKind::kConstant &&
                              &tree.parameters.at(static_cast<size_t>(value.parameter)) == &wanted;
                     });
}

}  // namespace

nlohmann::json made_of(const ModuleTree& tree, const Parameter& parameter) {
  if (parameter.is_table) return {{"table", true}};
  if (parameter.part || (!parameter.is_filled && parameter.tensor != parameter.path)) {
    nlohmann::json of = {{"tensor", parameter.tensor}};
    if (parameter.part)
      of.update(
          {{"axis", parameter.part->axis}, {"begin", parameter.part->begin}, {"end", parameter.part->end}});
    return of;
  }
  if (!parameter.is_computed()) return nullptr;
  nlohmann::json parameters = nlohmann::json::array(), ops = nlohmann::json::array();
  for (const GraphValue& value : parameter.expression->values) {
    if (value.kind == ValueKind::kConstant)
      parameters.push_back(tree.parameters.at(static_cast<size_t>(value.parameter)).path);
  }
  for (const GraphNode& node : parameter.expression->nodes) ops.push_back(node.op);
  return {{"parameters", std::move(parameters)}, {"ops", std::move(ops)}};
}

const Parameter* part_of(const ModuleTree& tree, const Parameter& parameter) {
  for (const Parameter& made : tree.parameters) {
    if (made.is_computed() && made.is_exported && reads(made, tree, parameter)) return &made;
  }
  return nullptr;
}

void add_origin(nlohmann::json& row, const ModuleTree& tree, const Site& site) {
  if (site.tied_to >= 0) row["tied_to"] = tree.sites[static_cast<size_t>(site.tied_to)].path;
  if (site.range) row["declared_range"] = {site.range->low, site.range->high};
}

}  // namespace vernier::core
