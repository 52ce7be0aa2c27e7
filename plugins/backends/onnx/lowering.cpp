#include "lowering.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "format.h"

namespace onnx_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

template <typename T>
void append(std::vector<std::byte>& bytes, int64_t value) {
  const T code = static_cast<T>(value);
  const size_t end = bytes.size();
  bytes.resize(end + sizeof(T));
  std::memcpy(bytes.data() + end, &code, sizeof(T));
}

std::vector<std::byte> packed(const std::vector<int32_t>& codes, DType dtype) {
  std::vector<std::byte> bytes;
  if (dtype.bits == 4) {
    bytes.resize((codes.size() + 1) / 2);
    for (size_t i = 0; i < codes.size(); ++i)
      bytes[i / 2] |= static_cast<std::byte>((codes[i] & 15) << (i % 2 * 4));
    return bytes;
  }
  for (int32_t code : codes) {
    if (dtype.bits == 8)
      append<int8_t>(bytes, code);
    else if (dtype.bits == 16)
      append<int16_t>(bytes, code);
    else
      append<int32_t>(bytes, code);
  }
  return bytes;
}

}  // namespace

Lowering::Lowering(const vernier::Graph& graph, bool io_codes)
    : graph_(graph),
      io_codes_(io_codes),
      values_(graph.values()),
      nodes_(graph.nodes()),
      tensors_(values_.size()),
      transposed_(values_.size()),
      codes_(values_.size()) {
  for (GraphValue& value : values_) {
    builder.reserve(std::string(value.name));
    for (size_t axis = 0; axis < value.shape.size(); ++axis) {
      if (value.is_open(axis)) value.shape[axis] = -1;
    }
  }
  read_coded_weights();
}

// A float linear of a coded weight (weight-only, or a site left in float) reads the constant itself, which is
// then stored as MatMul wants it; a dequantize that nobody reads any more is left out.
void Lowering::read_coded_weights() {
  std::vector<uint32_t> codes(values_.size(), VERNIER_GRAPH_NO_VALUE);
  std::vector<uint32_t> readers(values_.size());
  for (uint32_t output : graph_.outputs()) ++readers[output];
  for (GraphNode& node : nodes_) {
    if (node.op == "dequantize" && node.inputs.size() == 1 && values_[node.inputs[0]].is_constant())
      codes[node.outputs[0]] = node.inputs[0];
    if (node.op == "linear" && node.inputs.size() > 1 && node.inputs[1] != VERNIER_GRAPH_NO_VALUE &&
        codes[node.inputs[1]] != VERNIER_GRAPH_NO_VALUE && values_[node.inputs[1]].shape.size() == 2)
      node.inputs[1] = codes[node.inputs[1]];
    for (uint32_t input : node.inputs) {
      if (input != VERNIER_GRAPH_NO_VALUE) ++readers[input];
    }
  }
  nodes_.erase(std::remove_if(nodes_.begin(), nodes_.end(),
                              [&](const GraphNode& node) {
                                return node.op == "dequantize" && node.outputs.size() == 1 &&
                                       codes[node.outputs[0]] != VERNIER_GRAPH_NO_VALUE &&
                                       readers[node.outputs[0]] == 0;
                              }),
               nodes_.end());
}

namespace {

// What a ValueInfo calls the extents.
std::vector<std::string> names_of(const GraphValue& value) {
  return {value.extents.begin(), value.extents.end()};
}

// Ops whose operators say the same at any extent of an open axis: no constant of the file has it.
constexpr std::string_view kOpenOps[] = {
    "linear",     "matmul",     "add",          "sub",        "mul",         "div",     "neg",
    "rsqrt",      "sqrt",       "mean",         "sum",        "max",         "min",     "reshape",
    "permute",    "softmax",    "gelu",         "silu",       "sigmoid",     "tanh",    "relu",
    "clamp",      "rms_norm",   "layer_norm",   "cos",        "sin",         "exp",     "log",
    "floor",      "abs",        "square",       "pow",        "maximum",     "minimum", "equal",
    "not_equal",  "less",       "greater",      "less_equal", "logical_not", "where",   "logical_or",
    "embedding",  "cast",       "quantize",     "concat",     "logical_and", "erf",     "softplus",
    "requantize", "dequantize", "greater_equal"};

}  // namespace

// The host saw to it that an open axis is the same one on both sides of a node.
void Lowering::check_open(const GraphNode& node) const {
  if (!vernier::touches_open_extent(node, values_)) return;
  const std::vector<int64_t>& shape = result_value(node).shape;
  if (std::find(std::begin(kOpenOps), std::end(kOpenOps), node.op) == std::end(kOpenOps))
    fail(node, "cannot be written with an open extent; leave out \"open\" in the recipe");
  if (node.op == "reshape" && std::count(shape.begin(), shape.end(), -1) != 1)
    fail(node, "a reshape leaves one extent open, not several or none");
  if (node.op == "layer_norm" && shape.back() == -1) fail(node, "normalises over an open extent");
}

void Lowering::fail(const GraphNode& node, const std::string& what) {
  throw vernier::unimplemented(std::string(node.module.empty() ? "<root>" : node.module) + ": " +
                               std::string(node.op) + ": " + what);
}

const GraphValue& Lowering::operand_value(const GraphNode& node, size_t i) const {
  if (!has_operand(node, i)) fail(node, "operand " + std::to_string(i) + " is missing");
  return values_[node.inputs[i]];
}

namespace {

// More than one scale, and not one for each index of an axis.
bool has_blocks(const GraphValue& value) { return value.scale.size() > 1 && value.axis < 0; }

// Of the tensor that holds the scales: with blocks it has the value's rank, and an extent for each block.
std::vector<int64_t> scale_shape(const GraphValue& value, bool is_transposed) {
  if (value.scale.size() == 1) return {};
  if (!has_blocks(value)) return {static_cast<int64_t>(value.scale.size())};
  std::vector<int64_t> shape = value.shape;
  shape.back() /= value.block.back();
  if (is_transposed) std::swap(shape.at(0), shape.at(1));
  return shape;
}

// Scales or zero points in the order of the tensor as it is stored.
template <typename T>
std::vector<T> stored_order(const std::vector<T>& numbers, const GraphValue& value, bool is_transposed) {
  if (!is_transposed || !has_blocks(value)) return numbers;
  const size_t rows = static_cast<size_t>(value.shape[0]), columns = numbers.size() / rows;
  std::vector<T> result;
  for (size_t column = 0; column < columns; ++column) {
    for (size_t row = 0; row < rows; ++row) result.push_back(numbers[row * columns + column]);
  }
  return result;
}

}  // namespace

std::string Lowering::zero_points_of(uint32_t index, bool is_transposed) {
  const GraphValue& value = values_[index];
  return builder.add_constant(std::string(value.name) + "/zero_point", value.dtype,
                              scale_shape(value, is_transposed),
                              packed(stored_order(value.zero_point, value, is_transposed), value.dtype));
}

std::string Lowering::scales_of(uint32_t index, bool is_transposed) {
  const GraphValue& value = values_[index];
  return builder.add_float(std::string(value.name) + "/scale", scale_shape(value, is_transposed),
                           stored_order(value.scale, value, is_transposed));
}

std::string Lowering::codes_of(uint32_t index, bool is_transposed) {
  const GraphValue& value = values_[index];
  std::vector<int64_t> shape = value.shape;
  if (is_transposed) std::swap(shape.at(0), shape.at(1));
  // DequantizeLinear has no int64: a bias whose codes fit is int32, which changes nothing else.
  if (value.dtype == vernier::kInt64) {
    const std::vector<std::byte> wide = graph_.constant(index);
    std::vector<int32_t> codes;
    for (size_t i = 0; i + sizeof(int64_t) <= wide.size(); i += sizeof(int64_t)) {
      int64_t code = 0;
      std::memcpy(&code, wide.data() + i, sizeof(code));
      if (code < std::numeric_limits<int32_t>::min() || code > std::numeric_limits<int32_t>::max()) return {};
      codes.push_back(static_cast<int32_t>(code));
    }
    return builder.add_constant(std::string(value.name) + "/codes", vernier::kInt32, shape,
                                packed(codes, vernier::kInt32));
  }
  if (data_type(value.dtype) == 0)
    throw vernier::unimplemented(std::string(value.name) + ": ONNX has no codes of " + value.dtype.name());
  return builder.add_graph_constant(std::string(value.name) + "/codes", index, value.dtype, shape,
                                    is_transposed);
}

std::string Lowering::dequantized(uint32_t index, const std::string& codes, const std::string& output,
                                  int64_t axis, bool is_transposed) {
  std::vector<std::string> inputs = {codes, scales_of(index, is_transposed)};
  // int32 codes have zero point 0, which is the default.
  if (values_[index].dtype.bits <= 16) inputs.push_back(zero_points_of(index, is_transposed));
  std::map<std::string, Attribute> attributes;
  if (values_[index].scale.size() > 1) attributes["axis"] = axis;
  if (has_blocks(values_[index])) {
    attributes["axis"] = is_transposed ? int64_t{0} : static_cast<int64_t>(values_[index].shape.size()) - 1;
    attributes["block_size"] = values_[index].block.back();
  }
  builder.add_node("DequantizeLinear", std::move(inputs), output, std::move(attributes));
  return output;
}

std::vector<float> Lowering::wide_reals(uint32_t index) const {
  const GraphValue& value = values_[index];
  std::vector<float> reals;
  const std::vector<std::byte> wide = graph_.constant(index);
  for (size_t i = 0; i < wide.size() / sizeof(int64_t); ++i) {
    int64_t code = 0;
    std::memcpy(&code, wide.data() + i * sizeof(code), sizeof(code));
    reals.push_back(static_cast<float>(code) * value.scale[value.scale.size() == 1 ? 0 : i]);
  }
  return reals;
}

std::string Lowering::negated_wide_operand(const GraphNode& node, size_t i) {
  const uint32_t index = node.inputs[i];
  const GraphValue& value = operand_value(node, i);
  if (!value.is_constant() || value.dtype != vernier::kInt64 || !codes_of(index).empty()) return {};
  std::vector<float> reals = wide_reals(index);
  for (float& real : reals) real = -real;
  return builder.add_float(std::string(value.name) + "/negated", value.shape, reals);
}

std::string Lowering::constant(uint32_t index, bool is_transposed) {
  const GraphValue& value = values_[index];
  const std::string name(value.name);
  std::vector<int64_t> shape = value.shape;
  if (is_transposed) std::swap(shape.at(0), shape.at(1));
  if (!value.is_quantized())
    return builder.add_graph_constant(name + (is_transposed ? "/transposed" : "/constant"), index,
                                      value.dtype, shape, is_transposed);
  const std::string codes = codes_of(index, is_transposed);
  if (codes.empty()) return builder.add_float(name + "/float32", shape, wide_reals(index));
  const int64_t axis = is_transposed && value.axis >= 0 ? 1 - value.axis : value.axis;
  return dequantized(index, codes, builder.unique(name + (is_transposed ? "/transposed" : "/float32")), axis,
                     is_transposed);
}

std::string Lowering::tensor_of(uint32_t index) {
  std::string& tensor = tensors_.at(index);
  if (tensor.empty() && values_[index].is_constant()) tensor = constant(index, false);
  if (tensor.empty())
    throw vernier::invalid_argument("value \"" + std::string(values_[index].name) +
                                    "\" is read before it is made");
  return tensor;
}

std::string Lowering::operand(const GraphNode& node, size_t i) {
  (void)operand_value(node, i);
  return tensor_of(node.inputs[i]);
}

std::string Lowering::transposed_operand(const GraphNode& node, size_t i) {
  if (operand_value(node, i).shape.size() != 2) fail(node, "operand " + std::to_string(i) + " is no matrix");
  std::string& tensor = transposed_.at(node.inputs[i]);
  if (tensor.empty()) tensor = constant(node.inputs[i], true);
  return tensor;
}

// Puts `real` on the value's grid; the float tensor carries the value's name.
std::string Lowering::quantized(uint32_t index, const std::string& real) {
  const GraphValue& value = values_[index];
  if (value.scale.size() != 1)
    throw vernier::unimplemented(std::string(value.name) +
                                 ": one scale is wanted for an activation; set its granularity to tensor");
  codes_[index] = builder.unique(std::string(value.name) + "/codes");
  builder.add_node("QuantizeLinear", {real, scales_of(index), zero_points_of(index)}, codes_[index]);
  return dequantized(index, codes_[index], std::string(value.name), -1);
}

std::string Lowering::step(const GraphNode& node, const char* suffix, const std::string& type,
                           std::vector<std::string> inputs, std::map<std::string, Attribute> attributes) {
  std::string output = builder.unique(beside(node, suffix));
  builder.add_node(type, std::move(inputs), output, std::move(attributes));
  return output;
}

void Lowering::emit(const GraphNode& node, const std::string& type, std::vector<std::string> inputs,
                    std::map<std::string, Attribute> attributes) {
  if (node.outputs.size() != 1)
    fail(node, "has " + std::to_string(node.outputs.size()) + " results; one is expected");
  emit_all(node, type, std::move(inputs), std::move(attributes));
}

void Lowering::emit_all(const GraphNode& node, const std::string& type, std::vector<std::string> inputs,
                        std::map<std::string, Attribute> attributes) {
  std::vector<std::string> reals;
  for (const uint32_t index : node.outputs) {
    const std::string name(values_[index].name);
    reals.push_back(values_[index].is_quantized() ? builder.unique(name + "/real") : name);
  }
  builder.model.nodes.push_back({type, std::move(inputs), reals, std::move(attributes)});
  for (size_t i = 0; i < reals.size(); ++i) {
    const uint32_t index = node.outputs[i];
    const GraphValue& value = values_[index];
    tensors_[index] = value.is_quantized() ? quantized(index, reals[i]) : reals[i];
    builder.model.inner.push_back({tensors_[index], value.is_quantized() ? vernier::kFloat32 : value.dtype,
                                   value.shape, names_of(value)});
  }
}

void Lowering::convert(const GraphNode& node) {
  const uint32_t index = node.outputs[0];
  const std::string from = operand(node, 0);
  tensors_[index] = values_[index].is_quantized() ? quantized(index, from) : from;
}

void Lowering::add_inputs() {
  for (uint32_t index : graph_.inputs()) {
    const GraphValue& value = values_[index];
    const std::string name(value.name);
    if (!value.is_quantized()) {
      builder.model.inputs.push_back({name, value.dtype, value.shape, names_of(value)});
      tensors_[index] = name;
    } else if (io_codes_) {
      builder.model.inputs.push_back({name, value.dtype, value.shape, names_of(value)});
      tensors_[index] = dequantized(index, name, builder.unique(name + "/float32"), -1);
    } else {
      builder.model.inputs.push_back({name, vernier::kFloat32, value.shape, names_of(value)});
      const std::string codes = builder.unique(name + "/codes");
      builder.add_node("QuantizeLinear", {name, scales_of(index), zero_points_of(index)}, codes);
      tensors_[index] = dequantized(index, codes, builder.unique(name + "/float32"), -1);
    }
  }
}

void Lowering::add_outputs() {
  for (uint32_t index : graph_.outputs()) {
    const GraphValue& value = values_[index];
    if (io_codes_ && value.is_quantized() && !codes_[index].empty()) {
      builder.model.outputs.push_back({codes_[index], value.dtype, value.shape, names_of(value)});
      continue;
    }
    std::string tensor = tensor_of(index);
    if (tensor != value.name || value.is_input()) {  // an input or constant that goes straight through
      const std::string through = builder.unique(std::string(value.name) + "/output");
      builder.add_node("Identity", {tensor}, through);
      tensor = through;
    }
    builder.model.outputs.push_back(
        {tensor, value.is_quantized() ? vernier::kFloat32 : value.dtype, value.shape, names_of(value)});
  }
}

Model Lowering::run(std::string description) {
  builder.model.name = std::string(graph_.name());
  builder.model.description = std::move(description);
  add_inputs();
  for (const GraphNode& node : nodes_) {
    const LowerNode lower = find_lowering(node.op);
    if (lower == nullptr || node.version != 1)
      fail(node, "ONNX has no operator for version " + std::to_string(node.version) + " of this op");
    check_open(node);
    lower(*this, node);
  }
  add_outputs();
  return std::move(builder.model);
}

}  // namespace onnx_backend
