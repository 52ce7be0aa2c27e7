// Writes down what a forward does, as a graph whose quantization is still explicit: a "fake_quantize" node
// for each quantize call. graph/fold.h turns that into values with qparams.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "device/op.h"
#include "graph/graph.h"
#include "module/module_tree.h"

namespace vernier::core {

class Recorder {
 public:
  // `keep_tensors`: also hold what each value was, for comparing; as much memory as all activations of one
  // forward.
  explicit Recorder(std::string name, bool keep_tensors = false) : keep_tensors_(keep_tensors) {
    graph_.name = std::move(name);
  }

  ValueIndex add_input(const std::string& name, const Tensor& sample);
  void set_outputs(std::span<const ValueIndex> outputs) {
    graph_.outputs.assign(outputs.begin(), outputs.end());
  }
  // A parameter; recorded once however often it is used. With qparams (quantize mode) it is a constant of
  // codes.
  ValueIndex add_parameter(const Parameter& parameter, const QParams* qparams);
  // A call of op `id`. `values` are the graph's values of its tensor arguments in order (kNoValue where
  // absent); the other arguments become attributes.
  ValueIndex add_op(uint32_t id, std::span<const OpArgument> arguments, std::span<const ValueIndex> values,
                    const std::string& module, const Tensor& result);
  ValueIndex add_fake_quantize(ValueIndex input, const Site& site, const std::string& module,
                               const Tensor& result);

  // How far the graph goes; `rewind` forgets what came after, as if it had not been recorded.
  struct Mark {
    size_t values = 0, nodes = 0, names = 0;
  };
  [[nodiscard]] Mark mark() const { return {graph_.values.size(), graph_.nodes.size(), asked_.size()}; }
  void rewind(const Mark& mark);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  // By value; undefined for parameters, and all of them without `keep_tensors`.
  [[nodiscard]] const std::vector<Tensor>& tensors() const { return tensors_; }

 private:
  std::string unique(const std::string& wanted);
  ValueIndex add_value(GraphValue value, const Tensor& tensor);

  Graph graph_;
  bool keep_tensors_;
  std::vector<Tensor> tensors_;
  std::map<std::string, int> names_;  // how often a name was asked for
  std::vector<std::string> asked_;    // which, in order
  std::map<std::string, ValueIndex> parameters_;
};

}  // namespace vernier::core
