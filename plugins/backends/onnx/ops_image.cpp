// Convolution, pooling, resizing: channels stand before height and width in the graph and in ONNX.
#include "ops.h"

namespace onnx_backend {

using vernier::GraphNode;

namespace {

// The same before and behind each axis.
std::vector<int64_t> both_sides(std::vector<int64_t> padding) {
  const std::vector<int64_t> behind = padding;
  padding.insert(padding.end(), behind.begin(), behind.end());
  return padding;
}

std::vector<std::string> operands_of(Lowering& l, const GraphNode& node) {
  std::vector<std::string> inputs = {l.operand(node, 0), l.operand(node, 1)};
  if (l.has_operand(node, 2)) inputs.push_back(l.operand(node, 2));
  return inputs;
}

std::map<std::string, Attribute> window(const GraphNode& node) {
  return {{"strides", node.integers("stride")}, {"pads", both_sides(node.integers("padding"))}};
}

std::map<std::string, Attribute> convolution(const GraphNode& node) {
  std::map<std::string, Attribute> attributes = window(node);
  attributes["dilations"] = node.integers("dilation");
  attributes["group"] = node.integer("groups");
  return attributes;
}

}  // namespace

void lower_conv(Lowering& l, const GraphNode& node) {
  l.emit(node, "Conv", operands_of(l, node), convolution(node));
}

void lower_conv_transpose(Lowering& l, const GraphNode& node) {
  std::map<std::string, Attribute> attributes = convolution(node);
  attributes["output_padding"] = node.integers("output_padding");
  l.emit(node, "ConvTranspose", operands_of(l, node), std::move(attributes));
}

void lower_max_pool(Lowering& l, const GraphNode& node) {
  std::map<std::string, Attribute> attributes = window(node);
  attributes["kernel_shape"] = node.integers("kernel");
  l.emit(node, "MaxPool", {l.operand(node, 0)}, std::move(attributes));
}

void lower_avg_pool(Lowering& l, const GraphNode& node) {
  std::map<std::string, Attribute> attributes = window(node);
  attributes["kernel_shape"] = node.integers("kernel");
  attributes["count_include_pad"] = int64_t{node.integer("count_padding") != 0};
  l.emit(node, "AveragePool", {l.operand(node, 0)}, std::move(attributes));
}

void lower_resize(Lowering& l, const GraphNode& node) {
  const std::string sizes = l.builder.add_int64(l.beside(node, "sizes"), l.result_value(node).shape);
  const std::string mode = node.integer("align_corners") != 0 ? "align_corners" : "half_pixel";
  l.emit(node, "Resize", {l.operand(node, 0), "", "", sizes},
         {{"mode", std::string("linear")}, {"coordinate_transformation_mode", mode}});
}

}  // namespace onnx_backend
