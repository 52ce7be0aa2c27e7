// Graphs for tests, in few words.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "graph/bias.h"
#include "graph/graph.h"

namespace vernier::core::testing {

inline QParams per_tensor(float scale, int32_t zero_point, DType dtype = kUInt8) {
  QParams qparams;
  qparams.dtype = dtype;
  qparams.scale = {scale};
  qparams.zero_point = {zero_point};
  return qparams;
}

inline QParams per_channel(int64_t axis, std::vector<float> scale, DType dtype = kUInt8) {
  QParams qparams;
  qparams.dtype = dtype;
  qparams.axis = axis;
  qparams.zero_point.assign(scale.size(), 0);
  qparams.scale = std::move(scale);
  return qparams;
}

struct GraphBuilder {
  Graph graph;

  explicit GraphBuilder(std::string name = "m:forward") { graph.name = std::move(name); }

  ValueIndex add(std::string name, Shape shape, ValueKind kind, DType dtype = kFloat32) {
    GraphValue value;
    value.name = std::move(name);
    value.shape = std::move(shape);
    value.dtype = dtype;
    value.kind = kind;
    if (kind == ValueKind::kConstant)
      value.constant_bytes = dtype.bytes(static_cast<uint64_t>(element_count(value.shape)));
    graph.values.push_back(std::move(value));
    return static_cast<ValueIndex>(graph.values.size() - 1);
  }
  ValueIndex input(std::string name, Shape shape, DType dtype = kFloat32) {
    const ValueIndex index = add(std::move(name), std::move(shape), ValueKind::kInput, dtype);
    graph.inputs.push_back(index);
    return index;
  }
  ValueIndex constant(std::string name, Shape shape, DType dtype = kFloat32) {
    return add(std::move(name), std::move(shape), ValueKind::kConstant, dtype);
  }
  ValueIndex coded(std::string name, Shape shape, QParams qparams) {
    const ValueIndex index = constant(std::move(name), std::move(shape), qparams.dtype);
    graph.values[index].qparams = std::move(qparams);
    return index;
  }
  // One output, named like the op and its number unless said.
  ValueIndex node(std::string op, std::vector<ValueIndex> inputs, Shape shape,
                  std::map<std::string, Attribute> attributes = {}, std::string name = {}) {
    if (name.empty()) name = op + std::to_string(graph.nodes.size());
    const ValueIndex output = add(std::move(name), std::move(shape), ValueKind::kIntermediate);
    graph.nodes.push_back({std::move(op), 1, "m", std::move(inputs), {output}, std::move(attributes)});
    return output;
  }
  // What the recorder leaves for a quantize call.
  ValueIndex quantize(ValueIndex x, QParams qparams, std::string site) {
    Shape shape = graph.values[x].shape;
    const ValueIndex output = node("fake_quantize", {x}, std::move(shape), {{"site", site}});
    graph.values[output].qparams = std::move(qparams);
    return output;
  }
  Graph outputs(std::vector<ValueIndex> indices) {
    graph.outputs = std::move(indices);
    return graph;
  }
};

// A quantized Linear with a bias as folding leaves it: 0 x, 1 weight, 2 bias, 3 y.
inline Graph linear_graph() {
  GraphBuilder b("model.projection:forward");
  const ValueIndex x = b.input("x", {1, 4, 3}, kUInt8);
  b.graph.values[x].qparams = per_tensor(0.5f, 128);
  const ValueIndex weight =
      b.coded("model.projection.weight", {2, 3}, per_channel(0, {0.25f, 0.125f}, kUInt4));
  const ValueIndex bias = b.coded("model.projection.bias", {2}, per_channel(0, {0.125f, 0.0625f}, kInt32));
  const ValueIndex y = b.node("linear", {x, weight, bias}, {1, 4, 2}, {}, "y");
  b.graph.values[y].qparams = per_tensor(1.5f, 3);
  b.graph.values[y].dtype = kUInt8;
  return b.outputs({y});
}

inline void expect_equal(const Graph& a, const Graph& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.outputs, b.outputs);
  ASSERT_EQ(a.values.size(), b.values.size());
  for (size_t i = 0; i < a.values.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(a.values[i].name, b.values[i].name);
    EXPECT_EQ(a.values[i].shape, b.values[i].shape);
    EXPECT_TRUE(a.values[i].dtype == b.values[i].dtype);
    EXPECT_EQ(a.values[i].kind, b.values[i].kind);
    EXPECT_EQ(a.values[i].constant_bytes, b.values[i].constant_bytes);
    EXPECT_EQ(a.values[i].is_filled, b.values[i].is_filled);
    EXPECT_TRUE(a.values[i].qparams == b.values[i].qparams);
    if (a.values[i].qparams && b.values[i].qparams) {
      EXPECT_EQ(a.values[i].qparams->scheme, b.values[i].qparams->scheme);
    }
  }
  ASSERT_EQ(a.nodes.size(), b.nodes.size());
  for (size_t i = 0; i < a.nodes.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(a.nodes[i].op, b.nodes[i].op);
    EXPECT_EQ(a.nodes[i].version, b.nodes[i].version);
    EXPECT_EQ(a.nodes[i].module, b.nodes[i].module);
    EXPECT_EQ(a.nodes[i].inputs, b.nodes[i].inputs);
    EXPECT_EQ(a.nodes[i].outputs, b.nodes[i].outputs);
    EXPECT_EQ(a.nodes[i].attributes, b.nodes[i].attributes);
  }
}

// A linear of 3 inputs: values 0 x, 1 w, 2 b, 3 y.
inline Graph linear_graph(QParams input, QParams weight, int64_t channels) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1, 3}, input.dtype);
  b.graph.values[x].qparams = std::move(input);
  const ValueIndex w = b.coded("w", {channels, 3}, std::move(weight));
  const ValueIndex y = b.node("linear", {x, w, b.constant("b", {channels})}, {1, channels});
  b.graph.values[y].qparams = per_tensor(1, 0);
  b.graph.values[y].dtype = kUInt8;
  return b.outputs({y});
}

// Every constant holds `values`.
inline FloatReader reads(std::vector<float> values) {
  return [values = std::move(values)](ValueIndex) { return values; };
}

}  // namespace vernier::core::testing
