#include "onnx/model.h"

#include <fmt/format.h>

#include <cstring>
#include <iterator>
#include <protozero/pbf_reader.hpp>
#include <utility>

#include "onnx/reader.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Field numbers of onnx.proto (ONNX 1.19, IR version 12):
// https://github.com/onnx/onnx/blob/v1.19.0/onnx/onnx.proto
namespace model_field {
constexpr uint32_t kIrVersion = 1, kGraph = 7, kOpset = 8, kFunctions = 25;
}
namespace opset_field {
constexpr uint32_t kDomain = 1, kVersion = 2;
}
namespace graph_field {
constexpr uint32_t kNode = 1, kInput = 11, kOutput = 12, kValueInfo = 13;
}
namespace node_field {
constexpr uint32_t kInput = 1, kOutput = 2, kName = 3, kOp = 4, kAttribute = 5, kDomain = 7;
}
namespace attribute_field {
constexpr uint32_t kName = 1, kInteger = 3, kTensor = 5, kGraph = 6, kGraphs = 11;
}
namespace value_field {
constexpr uint32_t kName = 1, kType = 2, kTensorType = 1, kElement = 1, kShape = 2, kDim = 1;
}
namespace tensor_field {
constexpr uint32_t kType = 2;
}
constexpr size_t kMaximumScales = (size_t{1} << 20) / sizeof(float);

constexpr const char* kTypes[] = {
    "",          "FLOAT",      "UINT8",      "INT8",         "UINT16",         "INT16",      "INT32",
    "INT64",     "STRING",     "BOOL",       "FLOAT16",      "DOUBLE",         "UINT32",     "UINT64",
    "COMPLEX64", "COMPLEX128", "BFLOAT16",   "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ",
    "UINT4",     "INT4",       "FLOAT4E2M1", "FLOAT8E8M0",   "UINT2",          "INT2"};

void take_constant(OnnxModel& model, const OnnxConstant& constant) {
  OnnxValue value;
  value.type = constant.type;
  value.rank = constant.shape.size();
  value.is_constant = true;
  const size_t count = constant.floats.size() / sizeof(float);
  if (count <= kMaximumScales) {
    value.scale.resize(count);
    if (count != 0) std::memcpy(value.scale.data(), constant.floats.data(), count * sizeof(float));
  }
  model.constants.push_back(constant.name);
  model.values[constant.name] = std::move(value);
  model.has_external_data |= constant.is_external;
}

// Of a ValueInfoProto; what it leaves out stays unknown.
std::string read_value(OnnxModel& model, protozero::pbf_reader info) {
  OnnxValue value;
  std::string name;
  while (info.next()) {
    if (info.tag() == value_field::kName) {
      name = info.get_string();
    } else if (info.tag() == value_field::kType) {
      protozero::pbf_reader type = info.get_message();
      while (type.next(value_field::kTensorType)) {
        protozero::pbf_reader tensor = type.get_message();
        while (tensor.next()) {
          if (tensor.tag() == value_field::kElement) {
            value.type = tensor.get_int32();
          } else if (tensor.tag() == value_field::kShape) {
            protozero::pbf_reader shape = tensor.get_message();
            size_t rank = 0;
            for (; shape.next(value_field::kDim); shape.skip()) ++rank;
            value.rank = rank;
          } else {
            tensor.skip();
          }
        }
      }
    } else {
      info.skip();
    }
  }
  model.values.try_emplace(name, std::move(value));  // a constant that is an input too knows more
  return name;
}

void read_attribute(OnnxNode& node, protozero::pbf_reader attribute) {
  std::string name;
  int64_t integer = 0;
  int32_t type = 0;
  while (attribute.next()) {
    switch (attribute.tag()) {
      case attribute_field::kName:
        name = attribute.get_string();
        break;
      case attribute_field::kInteger:
        integer = attribute.get_int64();
        break;
      case attribute_field::kTensor: {
        protozero::pbf_reader tensor = attribute.get_message();
        for (; tensor.next(tensor_field::kType);) type = tensor.get_int32();
        break;
      }
      case attribute_field::kGraph:
      case attribute_field::kGraphs:
        node.has_graph = true;
        attribute.skip();
        break;
      default:
        attribute.skip();
    }
  }
  if (name == "to") node.to = integer;
  if (name == "output_dtype") node.output_dtype = integer;
  if (name == "value") node.constant_type = type;
}

OnnxNode read_node(protozero::pbf_reader from) {
  OnnxNode node;
  while (from.next()) {
    switch (from.tag()) {
      case node_field::kInput:
        node.inputs.push_back(from.get_string());
        break;
      case node_field::kOutput:
        node.outputs.push_back(from.get_string());
        break;
      case node_field::kName:
        node.name = from.get_string();
        break;
      case node_field::kOp:
        node.op = from.get_string();
        break;
      case node_field::kDomain:
        node.domain = from.get_string();
        break;
      case node_field::kAttribute:
        read_attribute(node, from.get_message());
        break;
      default:
        from.skip();
    }
  }
  if (node.domain == "ai.onnx") node.domain.clear();
  if (!node.domain.empty()) node.op = node.domain + "." + node.op;
  return node;
}

void read_graph(OnnxModel& model, protozero::pbf_reader graph) {
  model.has_graph = true;
  while (graph.next()) {
    switch (graph.tag()) {
      case graph_field::kNode:
        model.nodes.push_back(read_node(graph.get_message()));
        break;
      case graph_field::kInput:
        model.inputs.push_back(read_value(model, graph.get_message()));
        break;
      case graph_field::kOutput:
        model.outputs.push_back(read_value(model, graph.get_message()));
        break;
      case graph_field::kValueInfo:
        (void)read_value(model, graph.get_message());
        break;
      default:
        graph.skip();
    }
  }
}

void read_opset(OnnxModel& model, protozero::pbf_reader opset) {
  std::string domain;
  int64_t version = 0;
  while (opset.next()) {
    if (opset.tag() == opset_field::kDomain)
      domain = opset.get_string();
    else if (opset.tag() == opset_field::kVersion)
      version = opset.get_int64();
    else
      opset.skip();
  }
  model.opsets[domain == "ai.onnx" ? "" : domain] = version;
}

}  // namespace

OnnxModel read_onnx_model(std::span<const std::byte> bytes, const std::string& name) {
  OnnxModel model;
  for (const OnnxConstant& one : read_onnx_constants(bytes, name)) take_constant(model, one);
  try {
    protozero::pbf_reader from(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    while (from.next()) {
      switch (from.tag()) {
        case model_field::kIrVersion:
          model.ir_version = from.get_int64();
          break;
        case model_field::kOpset:
          read_opset(model, from.get_message());
          break;
        case model_field::kGraph:
          read_graph(model, from.get_message());
          break;
        case model_field::kFunctions:
          model.has_functions = true;
          from.skip();
          break;
        default:
          from.skip();
      }
    }
  } catch (const protozero::exception& error) {
    throw data_error(fmt::format("{} is no readable ONNX file: {}", name, error.what()), name);
  }
  return model;
}

std::string onnx_type_name(int32_t type) {
  if (type <= 0 || static_cast<size_t>(type) >= std::size(kTypes)) return fmt::format("type {}", type);
  return kTypes[type];
}

int32_t onnx_type(std::string_view name) {
  for (size_t i = 1; i < std::size(kTypes); ++i) {
    if (name == kTypes[i]) return static_cast<int32_t>(i);
  }
  return 0;
}

}  // namespace vernier::core
