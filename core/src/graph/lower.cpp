#include "graph/lower.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class Lowerer {
 public:
  Lowerer(Graph& graph, const ProfileLowering& lowering) : graph_(graph), lowering_(lowering) {
    for (const GraphValue& value : graph.values) names_.insert(value.name);
  }

  void run() {
    for (GraphNode& node : std::exchange(graph_.nodes, {})) {
      if (node.op == "fake_quantize") throw internal_error("the graph is not folded", node.module);
      const auto step = qparams_of(lowering_.steps, node);
      const auto fixed = qparams_of(lowering_.fixed_qparams, node);
      if (step && node.op == "silu") {
        write_silu(node, *step);
      } else if (fixed) {
        write_fixed(std::move(node), *fixed);
      } else {
        graph_.nodes.push_back(std::move(node));
      }
    }
  }

 private:
  [[nodiscard]] const GraphValue& value(ValueIndex index) const { return graph_.values[index]; }

  // The dtype that operands and result share: theirs, the first one's where only the sign differs, else
  // int16. None where something is float.
  [[nodiscard]] std::optional<DType> shared_dtype(const GraphNode& node) const {
    std::optional<DType> shared;
    std::vector<ValueIndex> all = node.inputs;
    all.insert(all.end(), node.outputs.begin(), node.outputs.end());
    for (const ValueIndex index : all) {
      if (index == kNoValue || !value(index).qparams || value(index).qparams->is_float) return std::nullopt;
      const DType dtype = value(index).dtype;
      if (!shared) shared = dtype;
      const bool is_alike = dtype == *shared || (dtype.bits == 8 && shared->bits == 8);
      if (!is_alike) shared = kInt16;
    }
    return shared;
  }

  [[nodiscard]] std::optional<QParams> qparams_of(const std::map<std::string, FixedQparams>& table,
                                                  const GraphNode& node) const {
    const auto row = table.find(node.op);
    if (row == table.end() || node.version != 1 || node.outputs.size() != 1) return std::nullopt;
    const std::optional<DType> dtype = shared_dtype(node);
    if (!dtype) return std::nullopt;
    const auto pair = row->second.find(dtype->name());
    if (pair == row->second.end()) return std::nullopt;
    QParams result;
    result.dtype = *dtype;
    result.scheme = dtype->bits == 16 ? Scheme::kSymmetric : Scheme::kAsymmetric;
    result.scale = {pair->second.first};
    result.zero_point = {pair->second.second};
    return result;
  }

  // Beside `result`, of its shape.
  ValueIndex add(ValueIndex result, const char* suffix, const QParams& qparams) {
    GraphValue made;
    const std::string name = value(result).name + "/" + suffix;
    made.name = name;
    for (int i = 2; !names_.insert(made.name).second; ++i) made.name = fmt::format("{}#{}", name, i);
    made.shape = value(result).shape;
    made.extents = value(result).extents;
    made.dtype = qparams.dtype;
    made.qparams = qparams;
    graph_.values.push_back(std::move(made));
    return static_cast<ValueIndex>(graph_.values.size() - 1);
  }

  void push(const char* op, const std::string& module, std::vector<ValueIndex> inputs, ValueIndex output) {
    graph_.nodes.push_back({op, 1, module, std::move(inputs), {output}, {}});
  }

  void write_fixed(GraphNode node, const QParams& fixed) {
    const ValueIndex result = node.outputs[0];
    if (*value(result).qparams == fixed) {
      graph_.nodes.push_back(std::move(node));
      return;
    }
    const ValueIndex raw = add(result, "raw", fixed);
    const std::string module = node.module;
    node.outputs[0] = raw;
    graph_.nodes.push_back(std::move(node));
    push("requantize", module, {raw}, result);
  }

  void write_silu(const GraphNode& node, const QParams& step) {
    const ValueIndex result = node.outputs[0];
    const ValueIndex gate = add(result, "sigmoid", step);
    push("sigmoid", node.module, {node.inputs.at(0)}, gate);
    push("mul", node.module, {node.inputs.at(0), gate}, result);
  }

  Graph& graph_;
  const ProfileLowering& lowering_;
  std::unordered_set<std::string> names_;
};

}  // namespace

void lower(Graph& folded, const ProfileLowering& lowering) { Lowerer(folded, lowering).run(); }

}  // namespace vernier::core
