#include "trace/with_qparams.h"

#include <fmt/format.h>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

void require_axis(const Site& site, const Shape& shape) {
  if (site.qparams->is_float || scale_count(*site.qparams, shape)) return;
  if (site.qparams->block_size > 0)
    throw plugin_error(fmt::format("site {}: blocks of {} along the last axis of a tensor of shape {}",
                                   site.path, site.qparams->block_size, to_string(shape)),
                       "site " + site.path,
                       "it has two axes at least, and a last extent that is a multiple of block_size");
  throw plugin_error(fmt::format("site {}: channel axis {} of a tensor of shape {}", site.path,
                                 site.qparams->axis, to_string(shape)),
                     "site " + site.path, "set another axis, or granularity tensor");
}

// Blocks are of constants: of other tensors their number would change from sample to sample.
void require_no_blocks(const Site& site) {
  if (site.qparams->block_size == 0) return;
  throw plugin_error(
      fmt::format("site {} has a scale for each block, and sees more than one constant", site.path),
      "site " + site.path, "set granularity tensor or channel");
}

// Channels whose rows are left out would have no scale.
void require_whole_channels(const Site& site, const Shape& where) {
  const bool is_observed = site.tied_to < 0 && !site.range && !site.qparams->is_float;
  if (!is_observed || site.qparams->axis < 0 || site.qparams->axis >= static_cast<int64_t>(where.size()))
    return;
  throw plugin_error(fmt::format("site {} has a scale for each index of axis {}, and observes rows along the "
                                 "first {} only where its wrapper says so",
                                 site.path, site.qparams->axis,
                                 where.size() == 1 ? "axis" : fmt::format("{} axes", where.size())),
                     "site " + site.path, "set another axis, or granularity tensor");
}

// Only here is it known how many channels there are.
void repeat_for_channels(QParams& qparams, const Shape& shape) {
  if (qparams.axis < 0) return;
  qparams.scale.resize(static_cast<size_t>(shape[static_cast<size_t>(qparams.axis)]), qparams.scale.front());
  qparams.zero_point.resize(qparams.scale.size(), qparams.zero_point.front());
}

void set_constant(GraphValue& value, const ModuleTree& tree) {
  const Parameter& parameter = tree.parameters.at(static_cast<size_t>(value.parameter));
  const QParams* qparams = tree.code_qparams(parameter);
  if (qparams == nullptr) return;
  require_axis(tree.sites[static_cast<size_t>(parameter.site)], value.shape);
  value.qparams = *qparams;
  value.dtype = qparams->dtype;
  value.constant_bytes = value_bytes(value);
}

}  // namespace

Graph with_qparams(Graph traced, const ModuleTree& tree, QParamsOf which) {
  for (GraphValue& value : traced.values) {
    if (value.parameter >= 0) set_constant(value, tree);
  }
  for (GraphNode& node : traced.nodes) {
    if (node.site < 0) continue;
    const Site& site = tree.sites.at(static_cast<size_t>(node.site));
    if (!site.qparams) throw internal_error(fmt::format("site {} has no qparams", site.path));
    GraphValue& output = traced.values[node.outputs[0]];
    require_axis(site, output.shape);
    require_no_blocks(site);
    if (node.inputs.size() > 1) require_whole_channels(site, traced.values[node.inputs[1]].shape);
    node.inputs.resize(1);
    output.qparams = site.qparams;
    if (which == QParamsOf::kPlan && !site.qparams->is_float)
      repeat_for_channels(*output.qparams, output.shape);
  }
  return traced;
}

}  // namespace vernier::core
