// From a graph to a model: one node at a time, in execution order.
//
// A node is all codes or all float (plain integers aside): the host's folding sees to it. What Circle adds is
// done here: operands of different code types are brought to one, and an operator whose result Circle fixes
// (views) is followed by QUANTIZE where the graph wants another. Fixed qparams stand in the graph already.
#pragma once

#include <vernier/graph.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "model.h"

namespace circle_backend {

struct LoweringOptions {
  Dialect dialect = Dialect::kCircle;
  Codes codes = Codes::kAsIs;
  // Inputs and outputs are float32: QUANTIZE and DEQUANTIZE stand at the ends.
  bool has_float_ends = false;
};

class Lowering {
 public:
  Lowering(const vernier::Graph& graph, const LoweringOptions& options);
  // Call once. Throws vernier::Error naming the node.
  Model run(std::string description);

  // The tensor of operand `i`; kNoTensor where it is absent and may be. Per tensor, unless the caller says
  // that it can do with more.
  enum class Scales { kPerTensor, kAny };
  TensorIndex operand(const vernier::GraphNode& node, size_t i, Scales scales = Scales::kPerTensor);
  // The codes of a constant without their meaning, for what reads them as plain integers.
  TensorIndex codes_only(uint32_t value);
  [[nodiscard]] bool has_operand(const vernier::GraphNode& node, size_t i) const;
  [[nodiscard]] const vernier::GraphValue& operand_value(const vernier::GraphNode& node, size_t i) const {
    return values_[node.inputs[i]];
  }
  [[nodiscard]] const vernier::GraphValue& result_value(const vernier::GraphNode& node) const {
    return values_[node.outputs[0]];
  }
  [[nodiscard]] const Element& element(TensorIndex tensor) const { return builder.tensor(tensor).element; }

  // `tensor` as other codes: itself where they are the same, else what a QUANTIZE makes of it, once. A
  // constant whose values stay the same (as_dtype) is coded anew instead.
  TensorIndex converted(TensorIndex tensor, const Element& wanted);

  // Calls `emit` with the tensor that the operator is to write: the node's result where it has `element`,
  // else one of that element, which QUANTIZE then turns into the result.
  void emit_result(const vernier::GraphNode& node, const Element& element,
                   const std::function<void(TensorIndex)>& emit);
  void emit_result(const vernier::GraphNode& node, const std::function<void(TensorIndex)>& emit);
  // The same for each of several results; `elements` are what the operator gives.
  void emit_results(const vernier::GraphNode& node, const std::vector<Element>& elements,
                    const std::function<void(const std::vector<TensorIndex>&)>& emit);

  // "<name of the node's result>/<suffix>"
  [[nodiscard]] std::string beside(const vernier::GraphNode& node, std::string_view suffix) const;
  [[nodiscard]] std::vector<std::byte> constant_bytes(TensorIndex tensor) const;
  [[noreturn]] static void fail(const vernier::GraphNode& node, const std::string& what);

  // Calls `emit` with float32 forms of the operands and the tensor of the float32 result: DEQUANTIZE before,
  // QUANTIZE after, each only where there are codes.
  void emit_in_float(
      const vernier::GraphNode& node,
      const std::function<void(const std::vector<TensorIndex>& operands, TensorIndex result)>& emit);
  TensorIndex in_float(TensorIndex tensor);
  // A float32 tensor that serves the node's result.
  TensorIndex add_float(const vernier::GraphNode& node, std::string_view suffix,
                        const std::vector<int64_t>& shape);
  [[nodiscard]] bool is_tflite() const { return builder.model.dialect == Dialect::kTflite; }

  ModelBuilder builder;

 private:
  TensorIndex input_of(uint32_t value);
  TensorIndex output_of(uint32_t value);
  [[nodiscard]] std::vector<bool> live_nodes() const;
  void check_node(const vernier::GraphNode& node) const;
  void check_open(const vernier::GraphNode& node) const;
  [[nodiscard]] bool works_on_codes(const vernier::GraphNode& node) const;
  void read_coded_weights();
  TensorIndex tensor_of(uint32_t value);
  [[nodiscard]] Data data_of(uint32_t constant) const;
  TensorIndex recoded(TensorIndex tensor, const Element& wanted);

  const vernier::Graph& graph_;
  const LoweringOptions options_;
  std::vector<vernier::GraphValue> values_;  // as the dialect has them
  std::vector<uint8_t> flips_;               // code_flip of each
  std::vector<vernier::GraphNode> nodes_;
  std::vector<TensorIndex> tensors_;  // of each value; kNoTensor until it is needed
  std::map<std::tuple<TensorIndex, std::string, float, int32_t>, TensorIndex> converted_;
  std::map<TensorIndex, TensorIndex> floats_;
};

using LowerNode = void (*)(Lowering&, const vernier::GraphNode&);
// Null where there is no such op.
LowerNode find_lowering(std::string_view op);

}  // namespace circle_backend
