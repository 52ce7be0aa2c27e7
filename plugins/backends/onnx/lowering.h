// From a graph to an ONNX model in QDQ form: float operators between QuantizeLinear and DequantizeLinear.
//
// A value of the graph becomes a float tensor of its name: the operator's result where it is float, else what
// DequantizeLinear makes of the codes "<name>/codes". Runtimes that know the pattern run it on the codes.
#pragma once

#include <vernier/graph.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model.h"

namespace onnx_backend {

class Lowering {
 public:
  // `io_codes`: inputs and outputs are codes where the graph has codes, else float32.
  Lowering(const vernier::Graph& graph, bool io_codes);
  // Call once. Throws vernier::Error naming the node.
  Model run(std::string description);

  [[nodiscard]] bool has_operand(const vernier::GraphNode& node, size_t i) const {
    return i < node.inputs.size() && node.inputs[i] != VERNIER_GRAPH_NO_VALUE;
  }
  [[nodiscard]] const vernier::GraphValue& operand_value(const vernier::GraphNode& node, size_t i) const;
  [[nodiscard]] const vernier::GraphValue& result_value(const vernier::GraphNode& node) const {
    return values_[node.outputs[0]];
  }
  // The float (or plain integer) tensor of operand `i`.
  std::string operand(const vernier::GraphNode& node, size_t i);
  // The same for a constant matrix with its axes exchanged.
  std::string transposed_operand(const vernier::GraphNode& node, size_t i);
  // Constant operand `i` with the sign turned, in float32, where its codes are int64 and pass int32; else
  // empty.
  std::string negated_wide_operand(const vernier::GraphNode& node, size_t i);
  // Makes the node's float result from `type` and these inputs, and the codes where it has some.
  void emit(const vernier::GraphNode& node, const std::string& type, std::vector<std::string> inputs,
            std::map<std::string, Attribute> attributes = {});
  // The same for an operator with as many results as the node.
  void emit_all(const vernier::GraphNode& node, const std::string& type, std::vector<std::string> inputs,
                std::map<std::string, Attribute> attributes = {});
  // From float to codes, from codes to others, or back: no operator but Q and DQ.
  void convert(const vernier::GraphNode& node);
  // A node in between, "<result>/<suffix>"; the name of its output.
  std::string step(const vernier::GraphNode& node, const char* suffix, const std::string& type,
                   std::vector<std::string> inputs, std::map<std::string, Attribute> attributes = {});
  [[nodiscard]] std::string beside(const vernier::GraphNode& node, std::string_view suffix) const {
    return std::string(result_value(node).name) + "/" + std::string(suffix);
  }
  // Codes and scales of a constant, for what reads them by row.
  std::string codes_of(uint32_t value, bool is_transposed = false);
  // Of the constant as it is stored, transposed or not.
  std::string scales_of(uint32_t value, bool is_transposed = false);
  [[noreturn]] static void fail(const vernier::GraphNode& node, const std::string& what);

  ModelBuilder builder;

 private:
  std::string tensor_of(uint32_t value);
  std::string constant(uint32_t value, bool is_transposed);
  [[nodiscard]] std::vector<float> wide_reals(uint32_t value) const;
  std::string dequantized(uint32_t value, const std::string& codes, const std::string& output, int64_t axis,
                          bool is_transposed = false);
  std::string zero_points_of(uint32_t value, bool is_transposed = false);
  std::string quantized(uint32_t value, const std::string& real);
  void read_coded_weights();
  void check_open(const vernier::GraphNode& node) const;
  void add_inputs();
  void add_outputs();

  const vernier::Graph& graph_;
  const bool io_codes_;
  std::vector<vernier::GraphValue> values_;
  std::vector<vernier::GraphNode> nodes_;
  std::vector<std::string> tensors_;     // of each value; empty until it is needed
  std::vector<std::string> transposed_;  // the same, axes exchanged
  std::vector<std::string> codes_;       // of each value that is not constant
};

using LowerNode = void (*)(Lowering&, const vernier::GraphNode&);
// Null where there is no such op.
LowerNode find_lowering(std::string_view op);

}  // namespace onnx_backend
