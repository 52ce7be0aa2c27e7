#include "graph/to_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "graph/features.h"

namespace vernier::core {
namespace {

using nlohmann::json;

const char* to_text(ValueKind kind) {
  switch (kind) {
    case ValueKind::kInput:
      return "input";
    case ValueKind::kConstant:
      return "constant";
    case ValueKind::kIntermediate:
      return "intermediate";
  }
  return "unknown";
}

json to_json(const QParams& qparams) {
  json result = {{"dtype", qparams.dtype.name()},
                 {"scheme", to_string(qparams.scheme)},
                 {"axis", qparams.axis},
                 {"scale", qparams.scale},
                 {"zero_point", qparams.zero_point}};
  if (qparams.block_size > 0) result["block_size"] = qparams.block_size;
  return result;
}

json to_json(const GraphValue& value) {
  json result = {{"name", value.name},
                 {"kind", to_text(value.kind)},
                 {"dtype", value.dtype.name()},
                 {"shape", value.shape}};
  if (value.qparams) result["qparams"] = to_json(*value.qparams);
  if (value.kind == ValueKind::kConstant) result["constant_bytes"] = value.constant_bytes;
  if (!value.extents.empty()) result["extents"] = value.extents;
  if (value.is_filled) result["is_filled"] = true;
  return result;
}

json to_json(const Attribute& attribute) {
  if (const auto* number = std::get_if<double>(&attribute); number && !std::isfinite(*number)) {
    return std::isnan(*number) ? "nan" : *number > 0 ? "inf" : "-inf";
  }
  return std::visit([](const auto& content) { return json(content); }, attribute);
}

json names(const Graph& graph, const std::vector<ValueIndex>& indices) {
  json result = json::array();
  for (ValueIndex index : indices)
    result.push_back(index == kNoValue ? json() : json(graph.values[index].name));
  return result;
}

}  // namespace

json to_json(const Graph& graph) {
  json values = json::array();
  for (const GraphValue& value : graph.values) values.push_back(to_json(value));
  json nodes = json::array();
  for (const GraphNode& node : graph.nodes) {
    json attributes = json::object();
    for (const auto& [name, attribute] : node.attributes) attributes[name] = to_json(attribute);
    nodes.push_back({{"op", node.op},
                     {"version", node.version},
                     {"module", node.module},
                     {"inputs", names(graph, node.inputs)},
                     {"outputs", names(graph, node.outputs)},
                     {"attributes", std::move(attributes)}});
  }
  return {{"name", graph.name},
          {"inputs", names(graph, graph.inputs)},
          {"outputs", names(graph, graph.outputs)},
          {"must_understand", features(graph)},
          {"values", std::move(values)},
          {"nodes", std::move(nodes)}};
}

json outline(const Graph& graph) {
  json nodes = json::array();
  for (const GraphNode& node : graph.nodes) {
    nodes.push_back({{"op", node.op},
                     {"module", node.module},
                     {"inputs", names(graph, node.inputs)},
                     {"outputs", names(graph, node.outputs)}});
  }
  return {{"inputs", names(graph, graph.inputs)},
          {"outputs", names(graph, graph.outputs)},
          {"nodes", std::move(nodes)}};
}

}  // namespace vernier::core
