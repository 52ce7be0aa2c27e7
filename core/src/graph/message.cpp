#include "graph/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "file/flat_bytes.h"
#include "graph/validate.h"
#include "graph_generated.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fbs = vernier::message;
using flatbuffers::Offset;

fbs::TypeCode to_message(uint8_t code) {
  switch (code) {
    case VERNIER_DTYPE_INT:
      return fbs::TypeCode::Int;
    case VERNIER_DTYPE_UINT:
      return fbs::TypeCode::Uint;
    case VERNIER_DTYPE_FLOAT:
      return fbs::TypeCode::Float;
    case VERNIER_DTYPE_BFLOAT:
      return fbs::TypeCode::Bfloat;
    case VERNIER_DTYPE_BOOL:
      return fbs::TypeCode::Bool;
    default:
      return fbs::TypeCode::Unknown;
  }
}

fbs::ValueKind to_message(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInput:
      return fbs::ValueKind::Input;
    case ValueKind::kConstant:
      return fbs::ValueKind::Constant;
    case ValueKind::kIntermediate:
      return fbs::ValueKind::Intermediate;
  }
  return fbs::ValueKind::Unknown;
}

fbs::Scheme to_message(Scheme scheme) {
  switch (scheme) {
    case Scheme::kAsymmetric:
      return fbs::Scheme::Asymmetric;
    case Scheme::kSymmetric:
      return fbs::Scheme::Symmetric;
    case Scheme::kUnset:
      return fbs::Scheme::Unknown;
  }
  return fbs::Scheme::Unknown;
}

// Strings are never shared, so that the reader's budget holds.
class Writer {
 public:
  std::vector<std::byte> write(const Graph& graph) {
    std::vector<Offset<fbs::Value>> values;
    for (size_t i = 0; i < graph.values.size(); ++i) values.push_back(value(graph.values[i], i));
    std::vector<Offset<fbs::Node>> nodes;
    for (const GraphNode& each : graph.nodes) nodes.push_back(node(each));
    const auto name = builder_.CreateString(graph.name);
    const auto value_vector = builder_.CreateVector(values);
    const auto node_vector = builder_.CreateVector(nodes);
    const auto inputs = builder_.CreateVector(graph.inputs);
    const auto outputs = builder_.CreateVector(graph.outputs);
    const auto must_understand = builder_.CreateVectorOfStrings(features(graph));
    Offset<flatbuffers::Vector<Offset<fbs::Attribute>>> attributes;
    if (!graph.attributes.empty()) attributes = list_of(graph.attributes);
    fbs::FinishGraphBuffer(
        builder_, fbs::CreateGraph(builder_, kMessageMajor, kMessageMinor, name, value_vector, node_vector,
                                   inputs, outputs, must_understand, attributes));
    const auto* bytes = reinterpret_cast<const std::byte*>(builder_.GetBufferPointer());
    return {bytes, bytes + builder_.GetSize()};
  }

 private:
  Offset<fbs::DType> dtype(DType dtype) {
    return fbs::CreateDType(builder_, to_message(dtype.code), dtype.bits);
  }

  Offset<fbs::QParams> qparams(const QParams& qparams) {
    const auto type = dtype(qparams.dtype);
    const auto scale = builder_.CreateVector(qparams.scale);
    const auto zero_point = builder_.CreateVector(qparams.zero_point);
    return fbs::CreateQParams(builder_, type, to_message(qparams.scheme), qparams.axis, scale, zero_point,
                              qparams.block_size);
  }

  Offset<fbs::Value> value(const GraphValue& value, uint64_t index) {
    const auto name = builder_.CreateString(value.name);
    const auto type = dtype(value.dtype);
    const auto shape = builder_.CreateVector(value.shape);
    Offset<fbs::QParams> quantization;
    if (value.qparams) quantization = qparams(*value.qparams);
    Offset<fbs::Constant> constant;
    if (value.kind == ValueKind::kConstant)
      constant =
          fbs::CreateConstant(builder_, index, value.constant_bytes, value.is_filled, value.constant_id);
    Offset<flatbuffers::Vector<Offset<flatbuffers::String>>> extents;
    if (!value.extents.empty()) extents = builder_.CreateVectorOfStrings(value.extents);
    return fbs::CreateValue(builder_, name, to_message(value.kind), type, shape, quantization, constant,
                            extents);
  }

  Offset<fbs::Attribute> attribute(const std::string& name, const Attribute& attribute) {
    const auto key = builder_.CreateString(name);
    if (const auto* integer = std::get_if<int64_t>(&attribute)) {
      return fbs::CreateAttribute(builder_, key, fbs::AttributeValue::Integer,
                                  fbs::CreateInteger(builder_, *integer).Union());
    }
    if (const auto* number = std::get_if<double>(&attribute)) {
      return fbs::CreateAttribute(builder_, key, fbs::AttributeValue::Number,
                                  fbs::CreateNumber(builder_, *number).Union());
    }
    if (const auto* integers = std::get_if<std::vector<int64_t>>(&attribute)) {
      const auto list = builder_.CreateVector(*integers);
      return fbs::CreateAttribute(builder_, key, fbs::AttributeValue::Integers,
                                  fbs::CreateIntegers(builder_, list).Union());
    }
    const auto text = builder_.CreateString(std::get<std::string>(attribute));
    return fbs::CreateAttribute(builder_, key, fbs::AttributeValue::Text,
                                fbs::CreateText(builder_, text).Union());
  }

  Offset<flatbuffers::Vector<Offset<fbs::Attribute>>> list_of(
      const std::map<std::string, Attribute>& attributes) {
    std::vector<Offset<fbs::Attribute>> list;
    for (const auto& [name, content] : attributes) list.push_back(attribute(name, content));
    return builder_.CreateVector(list);
  }

  Offset<fbs::Node> node(const GraphNode& node) {
    const auto attribute_vector = list_of(node.attributes);
    const auto op = builder_.CreateString(node.op);
    const auto module = builder_.CreateString(node.module);
    const auto inputs = builder_.CreateVector(node.inputs);
    const auto outputs = builder_.CreateVector(node.outputs);
    return fbs::CreateNode(builder_, op, node.version, module, inputs, outputs, attribute_vector);
  }

  flatbuffers::FlatBufferBuilder builder_{4096};
};

[[noreturn]] void fail(std::string what) {
  throw data_error("graph message: " + std::move(what), {},
                   "the message is damaged or was written by another program; capture the graph again");
}

// Tables of a verified message may still be shared between parents, so that a short message could expand
// without bound. What is copied out is therefore counted against the length of the message.
class Reader {
 public:
  explicit Reader(uint64_t message_bytes) : budget_(4 * message_bytes) {}

  Graph read(const fbs::Graph& message) {
    if (message.schema_major() != kMessageMajor) {
      fail(fmt::format("schema version {}.{}; this host reads {}.x", message.schema_major(),
                       message.schema_minor(), kMessageMajor));
    }
    Graph graph;
    graph.name = text(message.name());
    if (message.values()) {
      for (const fbs::Value* each : *message.values())
        graph.values.push_back(value(*each, graph.values.size()));
    }
    if (message.nodes()) {
      for (const fbs::Node* each : *message.nodes()) graph.nodes.push_back(node(*each, graph.nodes.size()));
    }
    graph.inputs = list<ValueIndex>(message.inputs());
    graph.outputs = list<ValueIndex>(message.outputs());
    graph.attributes = attributes(message.attributes(), "the graph");
    return graph;
  }

 private:
  void spend(uint64_t bytes) {
    if (bytes > budget_) fail("its tables are shared so often that it would expand without bound");
    budget_ -= bytes;
  }

  std::string text(const flatbuffers::String* text) {
    if (!text) return {};
    spend(text->size());
    return text->str();
  }

  template <typename T>
  std::vector<T> list(const flatbuffers::Vector<T>* vector) {
    if (!vector) return {};
    spend(uint64_t{vector->size()} * sizeof(T));
    return flat_list(vector);
  }

  static DType dtype(const fbs::DType* dtype) {
    if (!dtype || dtype->bits() > 64) return {};  // not set, which no value may be
    const auto bits = static_cast<uint8_t>(dtype->bits());
    switch (dtype->code()) {
      case fbs::TypeCode::Int:
        return {VERNIER_DTYPE_INT, bits};
      case fbs::TypeCode::Uint:
        return {VERNIER_DTYPE_UINT, bits};
      case fbs::TypeCode::Float:
        return {VERNIER_DTYPE_FLOAT, bits};
      case fbs::TypeCode::Bfloat:
        return {VERNIER_DTYPE_BFLOAT, bits};
      case fbs::TypeCode::Bool:
        return {VERNIER_DTYPE_BOOL, bits};
      default:
        return {};
    }
  }

  QParams qparams(const fbs::QParams& message) {
    QParams result;
    result.dtype = dtype(message.dtype());
    result.axis = message.axis();
    result.block_size = message.block_size();
    result.scale = list<float>(message.scale());
    result.zero_point = list<int32_t>(message.zero_point());
    switch (message.scheme()) {
      case fbs::Scheme::Asymmetric:
        result.scheme = Scheme::kAsymmetric;
        break;
      case fbs::Scheme::Symmetric:
        result.scheme = Scheme::kSymmetric;
        break;
      default:
        result.scheme = Scheme::kUnset;
        break;  // how the qparams were found, not what they mean
    }
    return result;
  }

  GraphValue value(const fbs::Value& message, size_t index) {
    spend(sizeof(uint32_t));
    GraphValue result;
    result.name = text(message.name());
    switch (message.kind()) {
      case fbs::ValueKind::Input:
        result.kind = ValueKind::kInput;
        break;
      case fbs::ValueKind::Constant:
        result.kind = ValueKind::kConstant;
        break;
      case fbs::ValueKind::Intermediate:
        result.kind = ValueKind::kIntermediate;
        break;
      default:
        fail(fmt::format("value {} has the unknown kind {}", index, static_cast<int>(message.kind())));
    }
    result.dtype = dtype(message.dtype());
    result.shape = list<int64_t>(message.shape());
    if (message.extents()) {
      for (const flatbuffers::String* each : *message.extents()) {
        spend(sizeof(uint32_t));
        result.extents.push_back(text(each));
      }
    }
    if (message.qparams()) result.qparams = qparams(*message.qparams());
    if ((message.constant() != nullptr) != (result.kind == ValueKind::kConstant)) {
      fail(fmt::format("value {} must have constant data exactly if it is a constant", index));
    }
    if (message.constant()) {
      if (message.constant()->reference() != index)
        fail(fmt::format("value {} refers to the data of value {}", index, message.constant()->reference()));
      result.constant_bytes = message.constant()->bytes();
      result.is_filled = message.constant()->filled();
      result.constant_id = message.constant()->id();
    }
    return result;
  }

  Attribute attribute(const fbs::Attribute& message, const std::string& name, const std::string& of) {
    if (const fbs::Integer* integer = message.value_as_Integer()) return integer->value();
    if (const fbs::Number* number = message.value_as_Number()) return number->value();
    if (const fbs::Integers* integers = message.value_as_Integers()) return list<int64_t>(integers->values());
    if (const fbs::Text* content = message.value_as_Text()) return text(content->value());
    fail(fmt::format("{} attribute \"{}\" has an unknown type", of, printable(name)));
  }

  using Attributes = std::map<std::string, Attribute>;
  Attributes attributes(const flatbuffers::Vector<Offset<fbs::Attribute>>* messages, const std::string& of) {
    Attributes result;
    if (!messages) return result;
    for (const fbs::Attribute* each : *messages) {
      spend(sizeof(uint32_t));
      std::string name = text(each->name());
      if (!result.empty() && name <= result.rbegin()->first)
        fail(fmt::format("{} has attributes out of order or twice", of));
      Attribute content = attribute(*each, name, of);
      result.emplace_hint(result.end(), std::move(name), std::move(content));
    }
    return result;
  }

  GraphNode node(const fbs::Node& message, size_t index) {
    spend(sizeof(uint32_t));
    GraphNode result;
    result.op = text(message.op());
    result.version = message.version();
    result.module = text(message.module_());
    result.inputs = list<ValueIndex>(message.inputs());
    result.outputs = list<ValueIndex>(message.outputs());
    result.attributes = attributes(message.attributes(), fmt::format("node {}", index));
    return result;
  }

  uint64_t budget_;
};

const fbs::Graph& verified(std::span<const std::byte> message) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(message.data());
  flatbuffers::Verifier::Options limits;
  limits.max_depth = 8;  // Graph, Node, Attribute, its value
  limits.max_tables = static_cast<flatbuffers::uoffset_t>(message.size() / 8 +
                                                          1);  // a table and the offset to it take 8 bytes
  flatbuffers::Verifier verifier(bytes, message.size(), limits);
  if (!fbs::VerifyGraphBuffer(verifier)) fail("not a graph message, or its offsets point outside it");
  return *fbs::GetGraph(bytes);
}

// The list must cover what the graph uses: a backend was admitted by it.
void check_features(const fbs::Graph& message, const Graph& graph) {
  std::vector<std::string_view> stated;
  if (message.must_understand()) {
    for (const flatbuffers::String* each : *message.must_understand()) stated.push_back(each->string_view());
  }
  for (std::string_view feature : stated) {
    if (!is_known_feature(feature)) {
      throw data_error(
          fmt::format("graph message: it needs the feature \"{}\", which this host does not know",
                      printable(std::string(feature))),
          {}, "use a newer host");
    }
  }
  for (const FeatureUse& use : feature_uses(graph)) {
    if (std::find(stated.begin(), stated.end(), use.feature) == stated.end()) {
      fail(fmt::format("{} needs the feature \"{}\", which the message does not state", use.where,
                       use.feature));
    }
  }
}

}  // namespace

std::vector<std::byte> write_message(const Graph& graph) {
  validate(graph, ErrorKind::kInternal);
  return Writer().write(graph);
}

Graph read_message(std::span<const std::byte> message) {
  if (message.size() < 8) fail("too short");
  if (message.size() > kMaxMessageBytes)
    fail(fmt::format("{} bytes; at most {} are read", message.size(), kMaxMessageBytes));
  const FlatBytes aligned(message);
  const fbs::Graph& root = verified(aligned.get());
  Graph graph = Reader(message.size()).read(root);
  validate(graph, ErrorKind::kData);
  check_features(root, graph);
  return graph;
}

}  // namespace vernier::core
