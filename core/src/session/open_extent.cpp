#include "session/open_extent.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "graph/open_extents.h"
#include "text/nearest.h"
#include "text/with_note.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Rows along `axis`: the first ones, from the beginning again where `x` has fewer.
Tensor with_rows(const Tensor& x, size_t axis, int64_t rows) {
  Shape shape = x.shape;
  const int64_t had = std::exchange(shape[axis], rows);
  Tensor result = Tensor::allocate(x.dtype, shape);
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  const auto row = static_cast<size_t>(x.dtype.bytes(static_cast<uint64_t>(inner)));
  auto* to = const_cast<std::byte*>(result.data);
  for (int64_t i = 0; i < outer * rows; ++i, to += row)
    std::memcpy(to, x.data + static_cast<size_t>(i / rows * had + i % rows % had) * row, row);
  return result;
}

// A site whose scales would become more with the extent.
void refuse_open_channels(const Graph& graph, const ModuleTree& tree) {
  for (const GraphNode& node : graph.nodes) {
    if (node.site < 0) continue;
    const Site& site = tree.sites[static_cast<size_t>(node.site)];
    const GraphValue& value = graph.values[node.outputs[0]];
    const bool is_by_channel = site.spec.granularity == Granularity::kChannel && !value.extents.empty();
    if (!is_by_channel || value.extents.at(static_cast<size_t>(site.spec.axis)).empty()) continue;
    throw plugin_error(fmt::format("site {} has a scale for each index of axis {}, whose extent is open",
                                   site.path, site.spec.axis),
                       "site " + site.path, "set another axis, or granularity tensor");
  }
}

}  // namespace

OpenInputs::OpenInputs(const Prepared& p, size_t exported, const Unit& unit)
    : p_(p),
      unit_(unit),
      open_(*p.recipe.exports.at(exported).open),
      where_(p.recipe.where(p.recipe.exports[exported].pointer + "/open")),
      types_(unit.types()),
      axes_(types_.size()) {
  for (const auto& [input, axes] : open_.axes) {
    const auto found = std::ranges::find(unit.input_names, input);
    if (found == unit.input_names.end()) {
      const std::string close = did_you_mean(input, unit.input_names);
      throw usage_error(
          fmt::format("entry {} has no input {}", unit.recipe->entry, input), where_,
          close.empty() ? fmt::format("its inputs: {}", fmt::join(unit.input_names, ", ")) : close);
    }
    const auto place = static_cast<size_t>(found - unit.input_names.begin());
    for (const int64_t axis : axes) {
      const Shape& shape = types_[place].shape;
      if (axis >= static_cast<int64_t>(shape.size()))
        throw usage_error(fmt::format("input {} has no axis {}: it is {} in calibration sample 0", input,
                                      axis, to_string(types_[place])),
                          where_, "axes are counted from 0");
      const int64_t extent = shape[static_cast<size_t>(axis)];
      if (extent_ >= 0 && extent != extent_)
        throw usage_error(fmt::format("open extent \"{}\" is {} at one axis and {} at axis {} of input {} in "
                                      "calibration sample 0",
                                      open_.name, extent_, extent, axis, input),
                          where_, "axes of one name have one extent");
      extent_ = extent;
      axes_[place].push_back(static_cast<size_t>(axis));
    }
  }
  other_ = extent_ > 2 ? (extent_ + 1) / 2 : extent_ + 1;
}

std::vector<TensorType> OpenInputs::types(int64_t extent) const {
  std::vector<TensorType> types = types_;
  for (size_t i = 0; i < types.size(); ++i) {
    for (const size_t axis : axes_[i]) types[i].shape[axis] = extent;
  }
  return types;
}

std::optional<int64_t> OpenInputs::extent_of(const std::vector<Tensor>& inputs) const {
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (axes_[i].empty() || inputs[i].shape.size() <= axes_[i].front()) continue;
    const int64_t extent = inputs[i].shape[axes_[i].front()];
    if (types_of(inputs) != types(extent)) return std::nullopt;
    return extent;
  }
  return std::nullopt;
}

std::vector<Tensor> OpenInputs::resized(const std::vector<Tensor>& inputs, int64_t extent) const {
  std::vector<Tensor> result = inputs;
  for (size_t i = 0; i < result.size(); ++i) {
    for (const size_t axis : axes_[i]) result[i] = with_rows(result[i], axis, extent);
  }
  return result;
}

Graph OpenInputs::trace() const {
  try {
    const auto graph = unit_.runner->graph(types_), other = unit_.runner->graph(types(other_));
    Graph open = with_open_extents(*graph, *other, open_.name, extent_, other_);
    refuse_open_channels(open, *p_.tree);
    return open;
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    throw with_note(error, {fmt::format("{} is traced with {} and with {} for the open extent \"{}\"",
                                        unit_.recipe->name, extent_, other_, open_.name),
                            where_,
                            {}});
  }
}

nlohmann::json OpenInputs::to_json() const {
  return {{"name", open_.name}, {"axes", open_.axes}, {"extents", {extent_, other_}}};
}

}  // namespace vernier::core
