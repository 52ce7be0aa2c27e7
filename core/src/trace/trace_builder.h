// Writes down what a forward does, as a graph whose quantization is still explicit: a "fake_quantize" node
// for each quantize call. graph/fold.h turns that into values with qparams.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "device/op_rules.h"
#include "graph/graph.h"
#include "module/module_tree.h"

namespace vernier::core {

class TraceBuilder {
 public:
  explicit TraceBuilder(std::string name) { graph_.name = std::move(name); }

  ValueIndex add_input(const std::string& name, const TensorType& type);
  void set_outputs(std::vector<ValueIndex> outputs) { graph_.outputs = std::move(outputs); }
  // Parameter `index` of the tree, in float; added once however often it is used.
  ValueIndex add_parameter(const Parameter& parameter, int index);
  // A table of `module`; added once however often it is given. Throws Error (kPlugin) where the module gave
  // other numbers under this name.
  ValueIndex add_table(std::shared_ptr<const TableData> table, const std::string& module);
  // A call of op `id`. `values` are the graph's values of its tensor arguments in order (kNoValue where
  // absent); the other arguments become attributes. Returns a value for each result.
  std::vector<ValueIndex> add_op(uint32_t id, std::span<const ArgumentType> arguments,
                                 std::span<const ValueIndex> values, const std::string& module,
                                 std::span<const TensorType> results);
  // A call of quantize at site `index` of the tree; `where`: the rows that its observer sees.
  ValueIndex add_fake_quantize(ValueIndex input, const Site& site, int index, const std::string& module,
                               ValueIndex where = kNoValue);

  // The nodes until `end_scope` are those of one call of `module`.
  size_t begin_scope(const std::string& module, const std::string& entry, std::vector<ValueIndex> inputs);
  void end_scope(size_t scope, std::vector<ValueIndex> outputs);

  // How far the graph goes; `rewind` forgets what came after, as if it had not been added.
  struct Mark {
    size_t values = 0, nodes = 0, scopes = 0, names = 0;
  };
  [[nodiscard]] Mark mark() const {
    return {graph_.values.size(), graph_.nodes.size(), graph_.scopes.size(), asked_.size()};
  }
  void rewind(const Mark& mark);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] Graph take() { return std::move(graph_); }

 private:
  std::string unique(const std::string& wanted);
  ValueIndex add_value(GraphValue value);

  Graph graph_;
  std::map<std::string, int> names_;  // how often a name was asked for
  std::vector<std::string> asked_;    // which, in order
  std::map<int, ValueIndex> parameters_;
  std::map<std::string, ValueIndex> tables_;  // by "<module path>.<name>"
};

}  // namespace vernier::core
