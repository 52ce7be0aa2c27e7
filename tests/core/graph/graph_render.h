// A graph as text, for expected results that a person can read.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "graph/graph.h"

namespace vernier::core::testing {

inline std::string type(const GraphValue& value) {
  if (!value.qparams) return value.dtype.name();
  if (value.qparams->axis < 0) return fmt::format("{}*{}", value.dtype.name(), value.qparams->scale[0]);
  return fmt::format("{}*[{}]@{}", value.dtype.name(), fmt::join(value.qparams->scale, ","),
                     value.qparams->axis);
}

// "x: uint8*0.5 -> neg0: uint8*2 = neg(x) -> …", outputs last.
inline std::string render(const Graph& graph) {
  const auto name = [&](ValueIndex index) {
    return index == kNoValue ? std::string("-") : graph.values[index].name;
  };
  const auto typed = [&](ValueIndex index) {
    return fmt::format("{}: {}", name(index), type(graph.values[index]));
  };
  std::vector<std::string> lines;
  for (ValueIndex i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].kind == ValueKind::kInput) lines.push_back("input " + typed(i));
  }
  for (ValueIndex i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].kind == ValueKind::kConstant) lines.push_back("constant " + typed(i));
  }
  for (const GraphNode& node : graph.nodes) {
    std::vector<std::string> inputs;
    for (ValueIndex input : node.inputs) inputs.push_back(name(input));
    lines.push_back(fmt::format("{} = {}({})", typed(node.outputs[0]), node.op, fmt::join(inputs, ", ")));
  }
  std::vector<std::string> outputs;
  for (ValueIndex output : graph.outputs) outputs.push_back(name(output));
  lines.push_back(fmt::format("return {}", fmt::join(outputs, ", ")));
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace vernier::core::testing
