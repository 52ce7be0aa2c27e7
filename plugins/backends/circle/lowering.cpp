#include "lowering.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "codes.h"

namespace circle_backend {

using vernier::GraphNode;
using vernier::GraphValue;

Lowering::Lowering(const vernier::Graph& graph, const LoweringOptions& options)
    : graph_(graph),
      options_(options),
      values_(graph.values()),
      nodes_(graph.nodes()),
      tensors_(values_.size(), kNoTensor) {
  builder.model.dialect = options.dialect;
  builder.model.has_signatures = options.dialect == Dialect::kTflite;
  for (GraphValue& value : values_) {
    flips_.push_back(value.is_quantized() ? code_flip(options.codes, value.dtype) : uint8_t{0});
    to_codes(options.codes, value);
    for (size_t axis = 0; axis < value.shape.size(); ++axis) {
      if (value.is_open(axis)) value.shape[axis] = kOpen;
    }
  }
  for (const GraphValue& value : values_) builder.reserve(std::string(value.name));
  read_coded_weights();
}

// A float linear of a coded weight (weight-only, or a site left in float) reads the codes themselves: where
// the dequantize has no other reader, it is not written.
void Lowering::read_coded_weights() {
  std::vector<uint32_t> codes(values_.size(), VERNIER_GRAPH_NO_VALUE);
  for (GraphNode& node : nodes_) {
    if (node.op == "dequantize" && node.inputs.size() == 1 && values_[node.inputs[0]].is_constant())
      codes[node.outputs[0]] = node.inputs[0];
    if (node.op == "linear" && node.inputs.size() > 1 && node.inputs[1] != VERNIER_GRAPH_NO_VALUE &&
        codes[node.inputs[1]] != VERNIER_GRAPH_NO_VALUE)
      node.inputs[1] = codes[node.inputs[1]];
  }
}

void Lowering::fail(const GraphNode& node, const std::string& what) {
  const std::string module(node.module.empty() ? "<root>" : node.module);
  throw vernier::unimplemented(module + ": " + std::string(node.op) + ": " + what);
}

Model Lowering::run(std::string description) {
  builder.model.description = std::move(description);
  Subgraph& graph = builder.graph();
  graph.name = std::string(graph_.name());
  graph.key = graph.name.substr(graph.name.rfind(':') + 1);
  for (uint32_t value : graph_.inputs()) graph.inputs.push_back(input_of(value));
  const std::vector<bool> live = live_nodes();
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!live[i]) continue;
    check_node(nodes_[i]);
    const LowerNode lower = find_lowering(nodes_[i].op);
    if (lower == nullptr || nodes_[i].version != 1)
      fail(nodes_[i],
           "Circle has no operator for version " + std::to_string(nodes_[i].version) + " of this op");
    lower(*this, nodes_[i]);
  }
  for (uint32_t value : graph_.outputs()) graph.outputs.push_back(output_of(value));
  builder.prune();
  return std::move(builder.model);
}

TensorIndex Lowering::input_of(uint32_t value) {
  builder.graph().input_names.emplace_back(values_.at(value).name);
  const TensorIndex coded = tensor_of(value);
  if (!options_.has_float_ends || !element(coded).qparams.is_set()) return coded;
  const TensorIndex real = builder.add(
      {builder.tensor(coded).name + "/float32", builder.tensor(coded).shape, {vernier::kFloat32, {}}});
  builder.add_operator(circle::BuiltinOperator::QUANTIZE, {real}, {coded}, quantize_options());
  return real;
}

TensorIndex Lowering::output_of(uint32_t value) {
  builder.graph().output_names.emplace_back(values_.at(value).name);
  return options_.has_float_ends ? in_float(tensor_of(value)) : tensor_of(value);
}

// Unused tensors are an error of the format, so what no output needs is left out.
std::vector<bool> Lowering::live_nodes() const {
  std::vector<bool> needed(values_.size());
  for (uint32_t value : graph_.outputs()) needed.at(value) = true;
  std::vector<bool> live(nodes_.size());
  for (size_t i = nodes_.size(); i-- > 0;) {
    for (uint32_t value : nodes_[i].outputs) live[i] = live[i] || needed.at(value);
    if (!live[i]) continue;
    for (uint32_t value : nodes_[i].inputs) {
      if (value != VERNIER_GRAPH_NO_VALUE) needed.at(value) = true;
    }
  }
  return live;
}

namespace {

// Integers and bools that count or say something.
bool is_plain(const GraphValue& value) { return !value.is_quantized() && value.dtype != vernier::kFloat32; }

}  // namespace

// By its result; by its operands where that is plain, as a comparison's is.
bool Lowering::works_on_codes(const GraphNode& node) const {
  if (!is_plain(result_value(node))) return result_value(node).is_quantized();
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (has_operand(node, i) && operand_value(node, i).is_quantized()) return true;
  }
  return false;
}

namespace {

// Ops whose operators say the same at any extent of an open axis: no constant of the file has it.
constexpr std::string_view kOpenOps[] = {
    "linear",       "matmul",   "add",        "sub",    "mul",         "div",        "neg",
    "rsqrt",        "sqrt",     "mean",       "sum",    "max",         "min",        "reshape",
    "permute",      "softmax",  "gelu",       "silu",   "sigmoid",     "tanh",       "relu",
    "clamp",        "rms_norm", "layer_norm", "cos",    "sin",         "exp",        "log",
    "floor",        "abs",      "square",     "pow",    "maximum",     "minimum",    "equal",
    "not_equal",    "less",     "greater",    "where",  "less_equal",  "logical_or", "logical_and",
    "embedding",    "cast",     "quantize",   "concat", "logical_not", "requantize", "dequantize",
    "greater_equal"};

}  // namespace

// The host saw to it that an open axis is the same one on both sides of a node.
void Lowering::check_open(const GraphNode& node) const {
  if (!vernier::touches_open_extent(node, values_)) return;
  if (std::find(std::begin(kOpenOps), std::end(kOpenOps), node.op) == std::end(kOpenOps))
    fail(node, "cannot be written with an open extent; leave out \"open\" in the recipe");
  const std::vector<int64_t>& shape = result_value(node).shape;
  if (node.op == "reshape" && std::count(shape.begin(), shape.end(), kOpen) != 1)
    fail(node, "a reshape leaves one extent open, not several or none");
}

void Lowering::check_node(const GraphNode& node) const {
  check_open(node);
  if (node.outputs.size() != 1 && node.op != "split" && node.op != "topk")
    fail(node, "has " + std::to_string(node.outputs.size()) + " results; one is expected");
  if (node.op == "quantize" || node.op == "dequantize") return;
  const bool is_coded = works_on_codes(node);
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!has_operand(node, i)) continue;
    const GraphValue& value = operand_value(node, i);
    const bool is_weight = node.op == "linear" && i == 1 && !operand_value(node, 0).is_quantized();
    if (is_plain(value) || value.is_quantized() == is_coded || is_weight) continue;
    if (is_plain(result_value(node)))
      fail(node, "\"" + std::string(value.name) + "\" is float beside codes; give all sites of this module " +
                     "a spec, or none");
    fail(node, "\"" + std::string(value.name) + "\" is " + (is_coded ? "float" : "quantized") +
                   " and the result is " + (is_coded ? "quantized" : "float") +
                   "; give all sites of this module a spec, or none");
  }
}

bool Lowering::has_operand(const GraphNode& node, size_t i) const {
  return i < node.inputs.size() && node.inputs[i] != VERNIER_GRAPH_NO_VALUE;
}

TensorIndex Lowering::operand(const GraphNode& node, size_t i, Scales scales) {
  if (!has_operand(node, i)) fail(node, "operand " + std::to_string(i) + " is missing");
  const GraphValue& value = operand_value(node, i);
  if (scales == Scales::kPerTensor && value.scale.size() > 1) {
    fail(node, "\"" + std::string(value.name) + "\" has one scale per index of axis " +
                   std::to_string(value.axis) +
                   ", which Circle allows for weights of linear only; set the granularity to tensor");
  }
  return tensor_of(node.inputs[i]);
}

Data Lowering::data_of(uint32_t index) const {
  Data data;
  data.source = Data::Source::kGraph;
  data.value = index;
  data.constant_id = values_[index].constant_id;
  data.length = values_[index].constant_bytes;
  data.flip = flips_[index];
  return data;
}

TensorIndex Lowering::tensor_of(uint32_t index) {
  TensorIndex& tensor = tensors_.at(index);
  if (tensor != kNoTensor) return tensor;
  const GraphValue& value = values_[index];
  const auto is_not_zero = [](int32_t zero_point) { return zero_point != 0; };
  if (is_tflite() && value.dtype == vernier::kInt4 &&
      std::any_of(value.zero_point.begin(), value.zero_point.end(), is_not_zero)) {
    throw vernier::unimplemented("\"" + std::string(value.name) +
                                 "\" is asymmetric in 4 bits; TFLite wants symmetric int8 or int4 there: set "
                                 "\"dtype\": \"int8\" for weights in the recipe");
  }
  Data data;
  if (value.is_constant()) {
    data = data_of(index);
  } else if (value.scale.size() > 1) {
    throw vernier::unimplemented(std::string(value.name) +
                                 ": Circle has one scale for an activation; set its granularity to tensor");
  }
  tensor = builder.add_named({std::string(value.name), value.shape, element_of(value)}, std::move(data));
  return tensor;
}

TensorIndex Lowering::converted(TensorIndex tensor, const Element& wanted) {
  const Element& present = element(tensor);
  if (present == wanted) return tensor;
  const auto key = std::make_tuple(tensor, wanted.dtype.name(), wanted.qparams.scale.front(),
                                   wanted.qparams.zero_point.front());
  const auto known = converted_.find(key);
  if (known != converted_.end()) return known->second;
  TensorIndex result = kNoTensor;
  if (builder.data(tensor).source == Data::Source::kGraph && as_dtype(present, wanted.dtype) == wanted) {
    result = recoded(tensor, wanted);
  } else {
    result = builder.add(
        {builder.tensor(tensor).name + "/" + wanted.dtype.name(), builder.tensor(tensor).shape, wanted});
    builder.add_operator(circle::BuiltinOperator::QUANTIZE, {tensor}, {result}, quantize_options());
  }
  converted_.emplace(key, result);
  return result;
}

TensorIndex Lowering::recoded(TensorIndex tensor, const Element& wanted) {
  const Element present = element(tensor);
  std::vector<int64_t> codes = unpack(constant_bytes(tensor), present.dtype);
  const int64_t factor = wanted.dtype == vernier::kInt16 ? 128 : 1;
  for (int64_t& code : codes)
    code = (code - present.qparams.zero_point.front()) * factor + wanted.qparams.zero_point.front();
  return builder.add(
      {builder.tensor(tensor).name + "/" + wanted.dtype.name(), builder.tensor(tensor).shape, wanted},
      made(codes, wanted.dtype));
}

void Lowering::emit_result(const GraphNode& node, const Element& wanted,
                           const std::function<void(TensorIndex)>& emit) {
  const GraphValue& value = result_value(node);
  if (wanted == element_of(value)) {
    emit(tensor_of(node.outputs[0]));
    return;
  }
  const TensorIndex raw = builder.add({beside(node, "raw"), value.shape, wanted});
  emit(raw);
  builder.add_operator(circle::BuiltinOperator::QUANTIZE, {raw}, {tensor_of(node.outputs[0])},
                       quantize_options());
}

void Lowering::emit_results(const GraphNode& node, const std::vector<Element>& elements,
                            const std::function<void(const std::vector<TensorIndex>&)>& emit) {
  std::vector<TensorIndex> results;
  std::vector<std::pair<TensorIndex, TensorIndex>> quantized;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const GraphValue& value = values_[node.outputs[i]];
    results.push_back(tensor_of(node.outputs[i]));
    if (elements[i] == element_of(value)) continue;
    quantized.emplace_back(builder.add({std::string(value.name) + "/raw", value.shape, elements[i]}),
                           results[i]);
    results[i] = quantized.back().first;
  }
  emit(results);
  for (const auto& [raw, result] : quantized)
    builder.add_operator(circle::BuiltinOperator::QUANTIZE, {raw}, {result}, quantize_options());
}

void Lowering::emit_result(const GraphNode& node, const std::function<void(TensorIndex)>& emit) {
  emit_result(node, element_of(result_value(node)), emit);
}

TensorIndex Lowering::codes_only(uint32_t index) {
  const GraphValue& value = values_.at(index);
  return builder.add({std::string(value.name) + "/codes", value.shape, {value.dtype, {}}}, data_of(index));
}

TensorIndex Lowering::in_float(TensorIndex tensor) {
  if (!element(tensor).qparams.is_set()) return tensor;
  const auto [place, is_new] = floats_.try_emplace(tensor, kNoTensor);
  if (!is_new) return place->second;
  const TensorIndex result = builder.add(
      {builder.tensor(tensor).name + "/float32", builder.tensor(tensor).shape, {vernier::kFloat32, {}}});
  builder.add_operator(
      circle::BuiltinOperator::DEQUANTIZE, {tensor}, {result},
      empty_options<circle::DequantizeOptionsBuilder>(circle::BuiltinOptions::DequantizeOptions));
  return floats_[tensor] = result;
}

TensorIndex Lowering::add_float(const GraphNode& node, std::string_view suffix,
                                const std::vector<int64_t>& shape) {
  return builder.add({beside(node, suffix), shape, {vernier::kFloat32, {}}});
}

void Lowering::emit_in_float(const GraphNode& node,
                             const std::function<void(const std::vector<TensorIndex>&, TensorIndex)>& emit) {
  std::vector<TensorIndex> operands;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const bool is_given = has_operand(node, i);
    operands.push_back(
        is_given ? in_float(operand(node, i,
                                    operand_value(node, i).is_constant() ? Scales::kAny : Scales::kPerTensor))
                 : kNoTensor);
  }
  emit_result(node, {vernier::kFloat32, {}}, [&](TensorIndex result) { emit(operands, result); });
}

std::string Lowering::beside(const GraphNode& node, std::string_view suffix) const {
  return std::string(result_value(node).name) + "/" + std::string(suffix);
}

std::vector<std::byte> Lowering::constant_bytes(TensorIndex tensor) const {
  const Data& data = builder.data(tensor);
  if (data.source != Data::Source::kGraph) return data.bytes;
  std::vector<std::byte> bytes = graph_.constant(data.value);
  for (std::byte& each : bytes) each ^= std::byte{data.flip};
  return bytes;
}

}  // namespace circle_backend
