#include "serialize.h"

#include <algorithm>
#include <optional>
#include <protozero/pbf_writer.hpp>

#include "format.h"
#include "transpose.h"

namespace onnx_backend {

namespace {

using protozero::pbf_writer;

constexpr uint64_t kChunk = uint64_t{1} << 20;
constexpr uint64_t kPage = 4096;
constexpr uint64_t kSmall = 1024;  // a constant that stays in the file

std::string to_proto(const Node& node) {
  std::string text;
  pbf_writer w(text);
  for (const std::string& input : node.inputs) w.add_string(node_field::kInput, input);
  for (const std::string& output : node.outputs) w.add_string(node_field::kOutput, output);
  w.add_string(node_field::kName, node.outputs.front() + ":" + node.type);
  w.add_string(node_field::kOpType, node.type);
  for (const auto& [name, value] : node.attributes) {
    std::string one;
    pbf_writer a(one);
    a.add_string(attribute_field::kName, name);
    int32_t type = 0;
    if (const auto* number = std::get_if<float>(&value))
      a.add_float(attribute_field::kFloat, *number), type = attribute_field::kTypeFloat;
    if (const auto* integer = std::get_if<int64_t>(&value))
      a.add_int64(attribute_field::kInt, *integer), type = attribute_field::kTypeInt;
    if (const auto* word = std::get_if<std::string>(&value))
      a.add_bytes(attribute_field::kString, *word), type = attribute_field::kTypeString;
    if (const auto* list = std::get_if<std::vector<int64_t>>(&value)) {
      for (int64_t each : *list) a.add_int64(attribute_field::kInts, each);
      type = attribute_field::kTypeInts;
    }
    a.add_enum(attribute_field::kType, type);
    w.add_message(node_field::kAttribute, one);
  }
  return text;
}

std::string to_proto(const ValueInfo& value) {
  std::string shape;
  for (size_t axis = 0; axis < value.shape.size(); ++axis) {
    std::string dim;
    if (axis < value.extents.size() && !value.extents[axis].empty())
      pbf_writer(dim).add_string(type_field::kDimParam, value.extents[axis]);
    else
      pbf_writer(dim).add_int64(type_field::kDimValue, value.shape[axis]);
    pbf_writer(shape).add_message(type_field::kDim, dim);
  }
  std::string tensor, type, text;
  pbf_writer t(tensor);
  t.add_enum(type_field::kElementType, data_type(value.dtype));
  t.add_message(type_field::kShape, shape);
  pbf_writer(type).add_message(type_field::kTensor, tensor);
  pbf_writer w(text);
  w.add_string(value_info_field::kName, value.name);
  w.add_message(value_info_field::kType, type);
  return text;
}

std::string head_of(const Initializer& one) {
  std::string text;
  pbf_writer w(text);
  for (int64_t extent : one.shape) w.add_int64(tensor_field::kDims, extent);
  w.add_enum(tensor_field::kDataType, data_type(one.dtype));
  w.add_string(tensor_field::kName, one.name);
  return text;
}

// Key and length of a field that follows as bytes.
std::string open_field(uint32_t field, uint64_t length) {
  std::string text;
  protozero::write_varint(std::back_inserter(text), uint64_t{field} << 3 | 2);
  protozero::write_varint(std::back_inserter(text), length);
  return text;
}

void write_bytes(const Initializer& one, const vernier::Graph& graph, vernier::Sink& sink) {
  if (one.value == Initializer::kMade) return sink.write(one.made.data(), one.made.size());
  if (one.is_transposed) {
    const std::vector<std::byte> bytes =
        transposed(graph.constant(one.value), one.dtype, one.shape[1], one.shape[0]);
    return sink.write(bytes.data(), bytes.size());
  }
  const uint64_t length = one.bytes();
  std::vector<std::byte> piece(static_cast<size_t>(std::min(kChunk, length)));
  for (uint64_t done = 0; done < length; done += kChunk) {
    const uint64_t now = std::min(kChunk, length - done);
    graph.read_constant(one.value, done, piece.data(), now);
    sink.write(piece.data(), now);
  }
}

// One constant as a field of the graph: text before its bytes, and whether these follow.
struct Placed {
  std::string head;
  bool is_inline = true;
};

Placed inline_constant(const Initializer& one) {
  const std::string head = head_of(one), raw = open_field(tensor_field::kRawData, one.bytes());
  return {open_field(graph_field::kInitializer, head.size() + raw.size() + one.bytes()) + head + raw, true};
}

Placed external_constant(const Initializer& one, const std::string& location, uint64_t offset) {
  std::string text = head_of(one);
  pbf_writer w(text);
  for (const auto& [key, value] : {std::pair<const char*, std::string>{"location", location},
                                   {"offset", std::to_string(offset)},
                                   {"length", std::to_string(one.bytes())}}) {
    std::string entry;
    pbf_writer e(entry);
    e.add_string(entry_field::kKey, key);
    e.add_string(entry_field::kValue, value);
    w.add_message(tensor_field::kExternalData, entry);
  }
  w.add_enum(tensor_field::kDataLocation, tensor_field::kExternal);
  return {open_field(graph_field::kInitializer, text.size()) + text, false};
}

uint64_t padded(uint64_t offset) { return (offset + kPage - 1) / kPage * kPage; }

void write_companion(const Model& model, const std::vector<Placed>& placed, const vernier::Graph& graph,
                     vernier::Sink companion) {
  uint64_t end = 0;
  for (size_t i = 0; i < placed.size(); ++i) {
    if (placed[i].is_inline) continue;
    const std::string zeros(static_cast<size_t>(padded(end) - end), '\0');
    companion.write(zeros);
    write_bytes(model.initializers[i], graph, companion);
    end = padded(end) + model.initializers[i].bytes();
  }
}

std::string model_head(const Model& model) {
  std::string opset, text;
  pbf_writer o(opset);
  o.add_string(opset_field::kDomain, "");
  o.add_int64(opset_field::kVersion, kOpset);
  pbf_writer w(text);
  w.add_int64(model_field::kIrVersion, kIrVersion);
  w.add_string(model_field::kProducerName, "vernier");
  w.add_string(model_field::kDoc, model.description);
  w.add_message(model_field::kOpsetImport, opset);
  return text;
}

}  // namespace

void serialize(const Model& model, const vernier::Graph& graph, vernier::Sink& sink, const Storage& storage) {
  std::string nodes, borders;
  pbf_writer n(nodes), b(borders);
  n.add_string(graph_field::kName, model.name);
  for (const Node& node : model.nodes) n.add_message(graph_field::kNode, to_proto(node));
  for (const ValueInfo& value : model.inputs) b.add_message(graph_field::kInput, to_proto(value));
  for (const ValueInfo& value : model.outputs) b.add_message(graph_field::kOutput, to_proto(value));
  for (const ValueInfo& value : model.inner) b.add_message(graph_field::kValueInfo, to_proto(value));

  std::vector<Placed> placed;
  uint64_t length = nodes.size() + borders.size();
  for (const Initializer& one : model.initializers) {
    placed.push_back(inline_constant(one));
    length += placed.back().head.size() + one.bytes();
  }
  if (storage.is_external || length + kPage > storage.inline_limit) {
    const auto [companion, location] = sink.companion(".data");
    uint64_t end = 0;
    for (size_t i = 0; i < placed.size(); ++i) {
      const Initializer& one = model.initializers[i];
      if (one.bytes() <= kSmall) continue;
      length -= placed[i].head.size() + one.bytes();
      placed[i] = external_constant(one, location, padded(end));
      length += placed[i].head.size();
      end = padded(end) + one.bytes();
    }
    write_companion(model, placed, graph, companion);
  }
  sink.write(model_head(model) + open_field(model_field::kGraph, length) + nodes);
  for (size_t i = 0; i < placed.size(); ++i) {
    sink.write(placed[i].head);
    if (placed[i].is_inline) write_bytes(model.initializers[i], graph, sink);
  }
  sink.write(borders);
}

}  // namespace onnx_backend
