// Equal graphs have equal fingerprints, and each thing that changes what a graph computes changes it.
#include "graph/fingerprint.h"

#include <gtest/gtest.h>

#include <functional>

namespace vernier::core {
namespace {

Tensor numbers(float first) {
  Tensor tensor = Tensor::allocate(kFloat32, {2});
  tensor.mutable_as<float>()[0] = first;
  tensor.mutable_as<float>()[1] = 2;
  return tensor;
}

GraphValue value(const char* name, Shape shape, ValueKind kind) {
  GraphValue result;
  result.name = name;
  result.shape = std::move(shape);
  result.dtype = kFloat32;
  result.kind = kind;
  return result;
}

Graph small() {
  Graph graph;
  graph.name = "m:forward";
  graph.values = {value("x", {2, 3}, ValueKind::kInput), value("w", {3}, ValueKind::kConstant),
                  value("t", {2}, ValueKind::kConstant), value("y", {2, 3}, ValueKind::kIntermediate)};
  graph.values[1].parameter = 0;
  graph.values[2].table = std::make_shared<TableData>(TableData{"t", numbers(1)});
  graph.nodes = {{"mul", 1, "m", {0, 1}, {3}, {{"axis", int64_t{1}}}, -1},
                 {"fake_quantize", 1, "m", {3}, {3}, {}, 0}};
  graph.inputs = {0};
  graph.outputs = {3};
  return graph;
}

std::string of(const Graph& graph, std::string_view parameter = "m.w", std::string_view site = "m/s") {
  Fingerprint fingerprint;
  add(fingerprint, graph, {[=](int32_t) { return parameter; }, [=](int32_t) { return site; }});
  return fingerprint.finish();
}

TEST(FingerprintOfAGraph, EachChangeChangesIt) {
  const std::string whole = of(small());
  EXPECT_EQ(of(small()), whole);
  EXPECT_NE(of(small(), "m.v"), whole);
  EXPECT_NE(of(small(), "m.w", "m/other"), whole);
  const std::vector<std::function<void(Graph&)>> changes = {
      [](Graph& graph) {
        graph.values[0].shape = {3, 2};
      },
      [](Graph& graph) { graph.values[0].dtype = kInt32; },
      [](Graph& graph) { graph.values[1].kind = ValueKind::kInput; },
      [](Graph& graph) { graph.values[1].parameter = -1; },
      [](Graph& graph) {
        graph.values[2].table = std::make_shared<TableData>(TableData{"t", numbers(3)});
      },
      [](Graph& graph) { graph.nodes[0].op = "add"; },
      [](Graph& graph) { graph.nodes[0].version = 2; },
      [](Graph& graph) { graph.nodes[0].module = "n"; },
      [](Graph& graph) {
        graph.nodes[0].inputs = {1, 0};
      },
      [](Graph& graph) { graph.nodes[0].attributes["axis"] = int64_t{2}; },
      [](Graph& graph) { graph.nodes[0].attributes["axis"] = 1.0; },
      [](Graph& graph) { graph.nodes[0].attributes["axis"] = std::vector<int64_t>{1}; },
      [](Graph& graph) { graph.nodes[0].attributes["axis"] = std::string("1"); },
      [](Graph& graph) { graph.nodes[1].site = -1; },
      [](Graph& graph) { graph.nodes.pop_back(); },
      [](Graph& graph) { graph.outputs = {0}; },
  };
  for (size_t i = 0; i < changes.size(); ++i) {
    Graph changed = small();
    changes[i](changed);
    EXPECT_NE(of(changed), whole) << "change " << i;
  }
}

TEST(FingerprintOfAGraph, ScopesDoNotMatter) {
  Graph with_scope = small();
  with_scope.scopes.push_back({"m", "forward", 0, {0}, {3}, 0, 2});
  EXPECT_EQ(of(with_scope), of(small()));
}

TEST(FingerprintOfThings, TheirBordersCount) {
  Fingerprint one, other;
  one.add(std::string_view("ab")).add(std::string_view("c"));
  other.add(std::string_view("a")).add(std::string_view("bc"));
  EXPECT_NE(one.finish(), other.finish());
}

}  // namespace
}  // namespace vernier::core
