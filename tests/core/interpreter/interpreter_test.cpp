// A graph in each reading, on graphs that no wrapper traced.
#include "interpreter/interpreter.h"

#include <gmock/gmock.h>

#include <map>
#include <memory>

#include "core/graph/graph_builder.h"
#include "kernels/thread_pool.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;
using testing::GraphBuilder;
using testing::per_tensor;

// Constants by name, and the qparams that a site's result carries in the graph.
struct Data : GraphData {
  std::map<std::string, ConstantData> constants;
  std::map<std::string, Tensor> codes;
  const Graph* graph = nullptr;

  [[nodiscard]] ConstantData constant(const GraphValue& value) const override {
    return constants.at(value.name);
  }
  [[nodiscard]] Tensor kept_codes(const GraphValue& value) const override {
    const auto found = codes.find(value.name);
    return found == codes.end() ? Tensor{} : found->second;
  }
  [[nodiscard]] const QParams& qparams(const GraphNode& site) const override {
    return *graph->values[site.outputs[0]].qparams;
  }
};

std::vector<float> values_of(const Tensor& x) { return {x.as<float>(), x.as<float>() + x.elements()}; }

class InterpreterTest : public ::testing::Test {
 protected:
  std::vector<Tensor> run(const Graph& graph, Reading reading, const std::vector<Tensor>& inputs,
                          const Interpreter::Observe& observe = {}, std::vector<Tensor>* kept = nullptr) {
    data_.graph = &graph;
    return Interpreter(graph, data_, *device_, control_).run(reading, inputs, observe, kept);
  }
  // y = quantize(x + c), the site being number 5.
  Graph sum_at_a_site() {
    GraphBuilder b;
    const ValueIndex sum = b.node("add", {b.input("x", {2}), b.constant("c", {2})}, {2});
    const ValueIndex y = b.quantize(sum, per_tensor(0.5f, 0, kInt8), "m/act");
    b.graph.nodes.back().site = 5;
    data_.constants["c"].values = test::floats({2}, {0.125f, 1});
    return b.outputs({y});
  }

  std::unique_ptr<ThreadPool> pool_ = ThreadPool::of_process(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
  RunControl control_;
  Data data_;
};

TEST_F(InterpreterTest, GivesEachOpItsArgumentsInTheOrderOfItsSignature) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1, 2});
  const ValueIndex part = b.node("slice", {x}, {1, 1}, {{"axis", 1}, {"begin", 1}, {"end", 2}});
  const ValueIndex whole = b.node("concat", {x, part, x}, {1, 5}, {{"axis", int64_t{-1}}});
  const ValueIndex y =
      b.node("layer_norm", {whole, kNoValue, b.constant("bias", {5})}, {1, 5}, {{"eps", 0.0}});
  data_.constants["bias"].values = test::floats({5}, {10, 20, 30, 40, 50});
  const Graph graph = b.outputs({whole, y});
  const auto outputs = run(graph, Reading::kFloat, {test::floats({1, 2}, {1, 3})});
  EXPECT_THAT(values_of(outputs[0]), ElementsAre(1, 3, 3, 1, 3));
  // Mean 2.2, deviation sqrt(0.96): the smaller is -1.2247449, the greater 0.8164966.
  EXPECT_THAT(values_of(outputs[1]),
              ElementsAre(FloatEq(10 - 1.2247449f), FloatEq(20.816497f), FloatEq(30.816497f),
                          FloatEq(40 - 1.2247449f), FloatEq(50.816497f)));
}

TEST_F(InterpreterTest, SitesActAsTheReadingSays) {
  const Graph graph = sum_at_a_site();
  const std::vector<Tensor> x = {test::floats({2}, {0.25f, 0})};
  std::vector<std::vector<float>> seen;
  const auto see = [&](int site, const Tensor& value) {
    EXPECT_EQ(site, 5);
    seen.push_back(values_of(value));
  };
  EXPECT_THAT(values_of(run(graph, Reading::kFloat, x).at(0)), ElementsAre(0.375f, 1));
  EXPECT_THAT(values_of(run(graph, Reading::kCalibrate, x, see).at(0)), ElementsAre(0.375f, 1));
  EXPECT_THAT(values_of(run(graph, Reading::kQuantize, x, see).at(0)), ElementsAre(0.5f, 1));
  EXPECT_THAT(values_of(run(graph, Reading::kExact, x).at(0)), ElementsAre(0.5f, 1));
  EXPECT_THAT(seen, ElementsAre(ElementsAre(0.375f, 1), ElementsAre(0.5f, 1)));
}

TEST_F(InterpreterTest, ASiteThatStaysFloatPassesItsInputOn) {
  Graph graph = sum_at_a_site();
  graph.values[graph.outputs[0]].qparams->is_float = true;
  bool seen = false;
  const auto outputs = run(graph, Reading::kQuantize, {test::floats({2}, {0.25f, 0})},
                           [&](int, const Tensor&) { seen = true; });
  EXPECT_THAT(values_of(outputs[0]), ElementsAre(0.375f, 1));
  EXPECT_FALSE(seen);
}

TEST_F(InterpreterTest, ConstantsAreTheirCodesOnlyWhereTheReadingQuantizes) {
  Graph graph = sum_at_a_site();
  const QParams grid = per_tensor(0.75f, 1, kUInt8);
  ConstantData& c = data_.constants["c"];
  c.qparams = &grid;
  graph.outputs = {2};
  const std::vector<Tensor> x = {test::floats({2}, {0.25f, 0})};
  EXPECT_THAT(values_of(run(graph, Reading::kFloat, x).at(0)), ElementsAre(0.375f, 1));
  EXPECT_THAT(values_of(run(graph, Reading::kCalibrate, x).at(0)), ElementsAre(0.375f, 1));
  EXPECT_THAT(values_of(run(graph, Reading::kQuantize, x).at(0)), ElementsAre(0.25f, 0.75f));
  EXPECT_THAT(values_of(run(graph, Reading::kExact, x).at(0)), ElementsAre(0.25f, 0.75f));
  Tensor kept = Tensor::allocate(kUInt8, {2});
  kept.mutable_as<uint8_t>()[0] = 1;
  kept.mutable_as<uint8_t>()[1] = 5;  // 3, which its value has not: so it is seen that these are read
  data_.codes["c"] = kept;
  EXPECT_THAT(values_of(run(graph, Reading::kFloat, x).at(0)), ElementsAre(0.375f, 1));
  EXPECT_THAT(values_of(run(graph, Reading::kQuantize, x).at(0)), ElementsAre(0.25f, 3));
  EXPECT_THAT(values_of(run(graph, Reading::kExact, x).at(0)), ElementsAre(0.25f, 3));
  Tensor exact = Tensor::allocate(kFloat64, {2});
  exact.mutable_as<double>()[0] = exact.mutable_as<double>()[1] = 4;
  c.exact = &exact;
  EXPECT_THAT(values_of(run(graph, Reading::kQuantize, x).at(0)), ElementsAre(0.25f, 3));
  EXPECT_THAT(values_of(run(graph, Reading::kExact, x).at(0)), ElementsAre(4.25f, 4));
}

// linear takes one float dtype only, and its weight is float64 in the exact reading.
TEST_F(InterpreterTest, WhatIsMadeOfIntegersIsFloat64InTheExactReading) {
  GraphBuilder b;
  const ValueIndex places = b.node("range", {}, {3}, {{"start", 0}, {"stop", 6}, {"step", 2}});
  b.graph.values[places].dtype = kInt64;
  const ValueIndex cast = b.node("cast", {places}, {3}, {{"dtype", "float32"}});
  const ValueIndex third = b.node("div", {places, b.input("x", {1}, kInt64)}, {3});
  const ValueIndex sum = b.node("add", {cast, third}, {3});
  const ValueIndex weight = b.constant("weight", {1, 3});
  data_.constants["weight"].values = test::floats({1, 3}, {1, 10, 100});
  const Graph graph = b.outputs({b.node("linear", {sum, weight, kNoValue}, {1})});
  Tensor two = Tensor::allocate(kInt64, {1});
  *two.mutable_as<int64_t>() = 2;
  EXPECT_THAT(values_of(run(graph, Reading::kFloat, {two}).at(0)), ElementsAre(630));
  EXPECT_THAT(values_of(run(graph, Reading::kExact, {two}).at(0)), ElementsAre(630));
}

TEST_F(InterpreterTest, TheExactReadingComputesInFloat64) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1}), big = b.input("big", {1});
  const ValueIndex sum = b.node("add", {big, x}, {1});
  const Graph graph = b.outputs({b.node("sub", {sum, big}, {1})});
  const std::vector<Tensor> inputs = {test::floats({1}, {0.25f}), test::floats({1}, {1e8f})};
  EXPECT_THAT(values_of(run(graph, Reading::kQuantize, inputs).at(0)), ElementsAre(0));
  std::vector<Tensor> kept;
  const auto outputs = run(graph, Reading::kExact, inputs, {}, &kept);
  EXPECT_THAT(values_of(outputs[0]), ElementsAre(0.25f)) << "given back in float32";
  ASSERT_EQ(kept.size(), graph.values.size());
  EXPECT_EQ(kept[sum].dtype, kFloat64);
  EXPECT_EQ(*kept[sum].as<double>(), 1e8 + 0.25);
}

// Of a table that is read by rows, no more is coded and expanded.
TEST_F(InterpreterTest, ATableIsReadByRowsInEveryReading) {
  GraphBuilder b;
  const ValueIndex y =
      b.node("embedding", {b.constant("table", {3, 2}), b.input("ids", {2}, kInt32)}, {2, 2});
  const Graph graph = b.outputs({y});
  ConstantData& table = data_.constants["table"];
  table.values = test::floats({3, 2}, {1, 2, 3, 4, 5, 6});
  Tensor ids = Tensor::allocate(kInt32, {2});
  ids.mutable_as<int32_t>()[0] = 2;
  ids.mutable_as<int32_t>()[1] = 0;
  EXPECT_THAT(values_of(run(graph, Reading::kFloat, {ids}).at(0)), ElementsAre(5, 6, 1, 2));
  const QParams rows[] = {per_tensor(4, 0, kUInt8), test::qparams(kUInt8, {1, 1, 4}, {0, 0, 0}, 0),
                          test::qparams(kInt4, {4, 5}, {0, 1}, 1)};
  const std::vector<float> wanted[] = {{4, 8, 0, 0}, {4, 8, 1, 2}, {4, 5, 0, 0}};
  for (size_t i = 0; i < 3; ++i) {
    table.qparams = &rows[i];
    EXPECT_EQ(values_of(run(graph, Reading::kQuantize, {ids}).at(0)), wanted[i]);
    EXPECT_EQ(values_of(run(graph, Reading::kExact, {ids}).at(0)), wanted[i]);
  }
  ids.mutable_as<int32_t>()[1] = 3;
  test::expect_error(ErrorKind::kData, "table, in module m (op embedding)",
                     [&] { (void)run(graph, Reading::kFloat, {ids}); });
}

TEST_F(InterpreterTest, OutputsMayBeInputsAndConstants) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2}), c = b.constant("c", {2});
  const ValueIndex y = b.node("neg", {x}, {2});
  data_.constants["c"].values = test::floats({2}, {7, 8});
  const Graph graph = b.outputs({x, c, y, y});
  const auto outputs = run(graph, Reading::kFloat, {test::floats({2}, {1, 2})});
  EXPECT_THAT(values_of(outputs[0]), ElementsAre(1, 2));
  EXPECT_THAT(values_of(outputs[1]), ElementsAre(7, 8));
  EXPECT_THAT(values_of(outputs[2]), ElementsAre(-1, -2));
  EXPECT_THAT(values_of(outputs[3]), ElementsAre(-1, -2));
}

// How much is alive: each site looks at the owners of what the sites before it saw.
TEST_F(InterpreterTest, AValueIsFreedAfterItsLastReader) {
  GraphBuilder b;
  ValueIndex x = b.input("x", {2});
  for (int i = 0; i < 6; ++i) {
    x = b.quantize(b.node("add", {x, x}, {2}), per_tensor(1, 0, kInt8), "m/" + std::to_string(i));
    b.graph.nodes.back().site = i;
  }
  const Graph graph = b.outputs({x});
  std::vector<std::weak_ptr<const void>> owners;
  size_t most = 0;
  const auto count = [&](int, const Tensor& value) {
    owners.push_back(value.owner);
    size_t alive = 0;
    for (const auto& one : owners) alive += one.expired() ? 0 : 1;
    most = std::max(most, alive);
  };
  const auto outputs = run(graph, Reading::kFloat, {test::floats({2}, {1, 2})}, count);
  EXPECT_THAT(values_of(outputs[0]), ElementsAre(64, 128));
  EXPECT_EQ(most, 1u);
  std::vector<Tensor> kept;
  owners.clear();
  (void)run(graph, Reading::kFloat, {test::floats({2}, {1, 2})}, count, &kept);
  EXPECT_EQ(most, 6u);
}

TEST_F(InterpreterTest, AnOpsErrorNamesItsModule) {
  GraphBuilder b;
  const ValueIndex y = b.node("embedding", {b.input("t", {2, 2}), b.input("ids", {1}, kInt32)}, {1, 2});
  b.graph.nodes[0].module = "model.embed";
  const Graph graph = b.outputs({y});
  Tensor ids = Tensor::allocate(kInt32, {1});
  *ids.mutable_as<int32_t>() = 2;
  test::expect_error(ErrorKind::kData, "in module model.embed (op embedding)", [&] {
    (void)run(graph, Reading::kFloat, {test::ramp({2, 2}), ids});
  });
}

TEST_F(InterpreterTest, RefusesInputsOfOtherTypes) {
  GraphBuilder b;
  const Graph graph = b.outputs({b.node("neg", {b.input("x", {2})}, {2})});
  test::expect_error(ErrorKind::kInternal, "input x is float32[3], the graph was traced for float32[2]",
                     [&] { (void)run(graph, Reading::kFloat, {test::ramp({3})}); });
}

TEST_F(InterpreterTest, RefusesAnOpThatItDoesNotKnow) {
  GraphBuilder b;
  b.node("neg", {b.input("x", {2})}, {2});
  b.graph.nodes[0].version = 9;
  const Graph graph = b.outputs({1});
  test::expect_error(ErrorKind::kInternal, "no op neg version 9",
                     [&] { (void)run(graph, Reading::kFloat, {test::ramp({2})}); });
}

TEST_F(InterpreterTest, StopsBetweenTwoNodes) {
  GraphBuilder b;
  ValueIndex x = b.input("x", {2});
  for (int i = 0; i < 3; ++i) {
    x = b.quantize(x, per_tensor(1, 0, kInt8), "m/" + std::to_string(i));
    b.graph.nodes.back().site = i;
  }
  const Graph graph = b.outputs({x});
  int last = -1;
  const auto stop_at_second = [&](int site, const Tensor&) {
    last = site;
    if (site == 1) control_.request_stop();
  };
  test::expect_error(ErrorKind::kInterrupted, "",
                     [&] { (void)run(graph, Reading::kCalibrate, {test::ramp({2})}, stop_at_second); });
  EXPECT_EQ(last, 1);
}

}  // namespace
}  // namespace vernier::core
