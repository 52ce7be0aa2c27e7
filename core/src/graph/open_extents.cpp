#include "graph/open_extents.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class Opener {
 public:
  Opener(const Graph& graph, const Graph& other, const std::string& name, int64_t extent,
         int64_t other_extent)
      : open_(graph), other_(other), name_(name), extent_(extent), other_extent_(other_extent) {}

  Graph run() {
    if (open_.values.size() != other_.values.size() || open_.nodes.size() != other_.nodes.size() ||
        open_.inputs != other_.inputs || open_.outputs != other_.outputs)
      refuse("the steps of " + open_.name, open_.nodes.empty() ? "" : open_.nodes.front().module);
    for (const ValueIndex input : open_.inputs) mark(input, "");
    for (size_t i = 0; i < open_.nodes.size(); ++i) {
      GraphNode& node = open_.nodes[i];
      const GraphNode& as = other_.nodes[i];
      if (node.op != as.op || node.version != as.version || node.module != as.module ||
          node.inputs != as.inputs || node.outputs != as.outputs || node.site != as.site)
        refuse(fmt::format("step {}, {}", i, node.op), node.module);
      for (const ValueIndex input : node.inputs) {
        if (input != kNoValue && open_.values[input].kind == ValueKind::kConstant)
          check_constant(input, node);
      }
      for (const ValueIndex output : node.outputs) mark(output, node.module);
      attributes(node, as);
    }
    return std::move(open_);
  }

 private:
  [[noreturn]] void refuse(const std::string& what, const std::string& module,
                           const std::string& hint = {}) const {
    throw plugin_error(fmt::format("{} depends on the open extent \"{}\"", what, name_),
                       fmt::format("module {}", module.empty() ? "<root>" : module),
                       hint.empty() ? "export a file for each extent, without \"open\"" : hint)
        .with(VERNIER_UNIMPLEMENTED);
  }

  void check_constant(ValueIndex index, const GraphNode& reader) const {
    const GraphValue &value = open_.values[index], &as = other_.values[index];
    if (as.kind == ValueKind::kConstant && value.parameter == as.parameter && value.shape == as.shape &&
        value.dtype == as.dtype)
      return;
    refuse(fmt::format("constant {}, which {} reads,", value.name, reader.op), reader.module,
           "compute it from an input, or export a file for each extent, without \"open\"");
  }

  void mark(ValueIndex index, const std::string& module) {
    GraphValue& value = open_.values[index];
    const GraphValue& as = other_.values[index];
    if (value.kind != as.kind || value.dtype != as.dtype || value.shape.size() != as.shape.size())
      refuse("value " + value.name, module);
    for (size_t axis = 0; axis < value.shape.size(); ++axis) {
      if (value.shape[axis] == as.shape[axis]) continue;
      if (value.shape[axis] != extent_ || as.shape[axis] != other_extent_)
        refuse(
            fmt::format("axis {} of {} has {} elements where \"{}\" is {}, and {} where it is {}; it", axis,
                        value.name, value.shape[axis], name_, extent_, as.shape[axis], other_extent_),
            module, "an open axis has that extent itself; export a file for each, without \"open\"");
      value.extents.resize(value.shape.size());
      value.extents[axis] = name_;
    }
  }

  void attributes(GraphNode& node, const GraphNode& as) {
    for (auto& [name, attribute] : node.attributes) {
      const auto found = as.attributes.find(name);
      if (found != as.attributes.end() && found->second == attribute) continue;
      if (node.op == "reshape" && name == "shape" && reshape_to_open(node, attribute)) continue;
      refuse(fmt::format("{} of {}", name, node.op), node.module);
    }
    if (node.attributes.size() != as.attributes.size()) refuse("what " + node.op + " does", node.module);
  }

  // The one extent that a reshape may leave open.
  bool reshape_to_open(const GraphNode& node, Attribute& attribute) const {
    const GraphValue& result = open_.values[node.outputs.at(0)];
    const auto is_open = [](const std::string& one) { return !one.empty(); };
    if (std::ranges::count_if(result.extents, is_open) != 1) return false;
    std::vector<int64_t> shape = result.shape;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (is_open(result.extents[axis])) shape[axis] = -1;
    }
    attribute = shape;
    return true;
  }

  Graph open_;
  const Graph& other_;
  const std::string& name_;
  const int64_t extent_, other_extent_;
};

}  // namespace

Graph with_open_extents(const Graph& graph, const Graph& other, const std::string& name, int64_t extent,
                        int64_t other_extent) {
  return Opener(graph, other, name, extent, other_extent).run();
}

}  // namespace vernier::core
