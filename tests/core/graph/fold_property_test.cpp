// Random recorded graphs: folding keeps the numbers bit for bit, and leaves every node all float or all
// codes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "core/graph/graph_builder.h"
#include "graph/fold.h"
#include "graph/message.h"

namespace vernier::core {
namespace {

using testing::GraphBuilder;
using testing::per_tensor;

using Data = std::vector<float>;

float fake_quantize(float x, const QParams& qparams) {
  const float code = std::nearbyint(x / qparams.scale[0]) + static_cast<float>(qparams.zero_point[0]);
  const float clamped =
      std::clamp(code, static_cast<float>(qparams.dtype.qmin()), static_cast<float>(qparams.dtype.qmax()));
  return (clamped - static_cast<float>(qparams.zero_point[0])) * qparams.scale[0];
}

Data quantized(Data data, const std::optional<QParams>& qparams) {
  if (!qparams || qparams->is_float) return data;
  for (float& x : data) x = fake_quantize(x, *qparams);
  return data;
}

// Inputs and constants: random numbers that depend on the name alone, so that both graphs see the same.
Data given(const GraphValue& value) {
  std::mt19937 random(static_cast<uint32_t>(std::hash<std::string>()(value.name)));
  Data data(static_cast<size_t>(element_count(value.shape)));
  for (float& x : data) x = static_cast<float>(random() % 4001) / 1000 - 2;
  return quantized(std::move(data), value.qparams);
}

// Runs either graph in float: a value with qparams is rounded where it is made.
std::vector<Data> run(const Graph& graph) {
  std::vector<Data> data(graph.values.size());
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].kind != ValueKind::kIntermediate) data[i] = given(graph.values[i]);
  }
  for (const GraphNode& node : graph.nodes) {
    Data y = data[node.inputs[0]];
    if (node.op == "neg") std::transform(y.begin(), y.end(), y.begin(), [](float x) { return -x; });
    if (node.op == "scale") std::transform(y.begin(), y.end(), y.begin(), [](float x) { return x * 0.7f; });
    if (node.op == "add")
      std::transform(y.begin(), y.end(), data[node.inputs[1]].begin(), y.begin(), std::plus<>());
    if (node.op == "slice") y.resize(y.size() / 2);
    if (node.op == "concat") y.insert(y.end(), data[node.inputs[1]].begin(), data[node.inputs[1]].end());
    data[node.outputs[0]] = quantized(std::move(y), graph.values[node.outputs[0]].qparams);
  }
  std::vector<Data> outputs;
  for (ValueIndex output : graph.outputs) outputs.push_back(data[output]);
  return outputs;
}

const QParams kChoices[] = {per_tensor(0.02f, 100), per_tensor(0.05f, 128), per_tensor(0.001f, 0, kInt16)};

// `exact`: values that are one value but for views and raw reads never get two different qparams, since
// folding would then requantize the first (fold.h) where the recording rounds once.
class Recorder {
 public:
  Recorder(uint32_t seed, bool exact) : random_(seed), exact_(exact) {}

  Graph record() {
    for (uint32_t i = 0; i <= below(2); ++i) fresh(b_.input("x" + std::to_string(i), {8}));
    for (uint32_t i = 0; i <= below(2); ++i) fresh(b_.constant("c" + std::to_string(i), {8}));
    fresh(b_.coded("w", {8}, kChoices[below(3)]), true);
    for (uint32_t i = 0; i < 4 + below(12); ++i) step();
    std::vector<ValueIndex> outputs = {static_cast<ValueIndex>(b_.graph.values.size() - 1)};
    for (uint32_t i = 0; i < below(3); ++i) outputs.push_back(any());
    return b_.outputs(outputs);
  }

 private:
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  ValueIndex any() { return below(static_cast<uint32_t>(b_.graph.values.size())); }
  [[nodiscard]] int64_t length(ValueIndex value) const { return b_.graph.values[value].shape[0]; }

  void fresh(ValueIndex, bool on_grid = false) {
    family_.push_back(family_.size());
    assigned_.push_back(-1);
    on_grid_.push_back(on_grid);
  }
  [[nodiscard]] size_t family(size_t i) const { return family_[i] == i ? i : family(family_[i]); }
  void view_of(ValueIndex value, const std::vector<ValueIndex>& sources) {
    fresh(value);
    on_grid_[value] =
        std::all_of(sources.begin(), sources.end(), [&](ValueIndex source) { return on_grid_[source]; });
    for (ValueIndex source : sources) {
      if (on_grid_[value] || on_grid_[source]) continue;
      const size_t mine = family(value), other = family(source);
      if (assigned_[mine] < 0) assigned_[mine] = assigned_[other];
      family_[other] = mine;
    }
  }

  void step() {
    const ValueIndex x = any();
    switch (below(exact_ ? 8 : 9)) {
      case 0:
        return fresh(b_.node("neg", {x}, {length(x)}));
      case 1:
        return fresh(b_.node("scale", {x}, {length(x)}));
      case 2: {
        const ValueIndex y = any();
        if (length(x) == length(y)) fresh(b_.node("add", {x, y}, {length(x)}));
        return;
      }
      case 3:
        return view_of(b_.node("reshape", {x}, {length(x)}), {x});
      case 4:
        return length(x) < 2 || length(x) % 2 != 0
                   ? void()
                   : view_of(b_.node("slice", {x}, {length(x) / 2}, {{"axis", int64_t{0}}}), {x});
      case 5: {
        const ValueIndex y = any();
        if (length(x) + length(y) > 64 || clash(x, y)) return;
        return view_of(b_.node("concat", {x, y}, {length(x) + length(y)}, {{"axis", int64_t{0}}}), {x, y});
      }
      default:
        return quantize(x);
    }
  }

  [[nodiscard]] bool clash(ValueIndex x, ValueIndex y) const {
    const int a = assigned_[family(x)], b = assigned_[family(y)];
    return exact_ && !on_grid_[x] && !on_grid_[y] && a >= 0 && b >= 0 && a != b;
  }

  void quantize(ValueIndex x) {
    int choice = static_cast<int>(below(3));
    if (exact_ && !on_grid_[x]) {
      int& assigned = assigned_[family(x)];
      if (assigned < 0) assigned = choice;
      choice = assigned;
    }
    QParams qparams = kChoices[choice];
    const bool identity = below(6) == 0;
    if (identity) qparams.is_float = true;
    const ValueIndex y = b_.quantize(x, qparams, "m/site" + std::to_string(below(3)));
    if (identity) {
      view_of(y, {x});
    } else {
      fresh(y, true);
    }
  }

  std::mt19937 random_;
  const bool exact_;
  GraphBuilder b_;
  std::vector<size_t> family_;  // by value
  std::vector<int> assigned_;   // by family
  std::vector<bool> on_grid_;   // by value
};

bool is_conversion(const GraphNode& node) {
  return node.op == "quantize" || node.op == "requantize" || node.op == "dequantize";
}

void expect_uniform(const Graph& graph) {
  for (const GraphNode& node : graph.nodes) {
    const auto& from = graph.values[node.inputs[0]].qparams;
    const auto& to = graph.values[node.outputs[0]].qparams;
    EXPECT_NE(node.op, "fake_quantize");
    if (is_conversion(node)) {
      EXPECT_EQ(from.has_value(), node.op != "quantize");
      EXPECT_EQ(to.has_value(), node.op != "dequantize");
      EXPECT_FALSE(from == to);
      continue;
    }
    for (ValueIndex input : node.inputs) {
      EXPECT_EQ(graph.values[input].qparams.has_value(), to.has_value()) << node.op;
      if (node.op == "reshape" || node.op == "slice" || node.op == "concat") {
        EXPECT_TRUE(graph.values[input].qparams == to) << node.op;
      }
    }
  }
}

TEST(FoldProperty, KeepsTheNumbers) {
  size_t conversions = 0, nodes = 0;
  for (uint32_t seed = 0; seed < 5000; ++seed) {
    SCOPED_TRACE(seed);
    const Graph recorded = Recorder(seed, true).record();
    const Graph folded = fold(recorded).graph;
    ASSERT_EQ(run(folded), run(recorded));
    expect_uniform(folded);
    nodes += folded.nodes.size();
    conversions +=
        static_cast<size_t>(std::count_if(folded.nodes.begin(), folded.nodes.end(), is_conversion));
    if (HasFailure()) break;
  }
  EXPECT_GT(conversions, 1000u);  // the test tests something
  EXPECT_GT(nodes, 3 * conversions / 2);
}

TEST(FoldProperty, LeavesNoMixedNode) {
  for (uint32_t seed = 0; seed < 5000; ++seed) {
    SCOPED_TRACE(seed);
    const Graph recorded = Recorder(seed, false).record();
    const Graph folded = fold(recorded).graph;
    expect_uniform(folded);
    ASSERT_EQ(write_message(read_message(write_message(folded))), write_message(folded));
    if (HasFailure()) break;
  }
}

}  // namespace
}  // namespace vernier::core
