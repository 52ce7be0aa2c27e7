// Graphs by input shapes, from a wrapper that keeps the contract and from ones that do not.
#include "trace/traces.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "session/prepare.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "support/tensors.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// The Misbehaves fixture: a root with a site, and a Linear inside.
class TracesTest : public ::testing::Test {
 protected:
  void prepare_with(const std::string& fault) {
    test::write_tensors(folder_ / "checkpoint/model.safetensors", {{"dense.weight", test::ramp({3, 4})}});
    test::write_tensors(folder_ / "inputs.safetensors", {{"input.0", test::ramp({2, 4})}});
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    const nlohmann::json recipe = {
        {"version", 1},
        {"model",
         {{"checkpoint", (folder_ / "checkpoint").string()},
          {"module", ""},
          {"type", "Misbehaves"},
          {"config", {{"fault", fault}}}}},
        {"runtime", {{"isolate", false}}},  // a trial would meet the fault before
        {"quantization", {{"activation", {{"observer", "minmax"}}}, {"weight", {{"observer", "minmax"}}}}},
        {"calibration",
         {{"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "inputs.safetensors").string()}}}}}};
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/misbehaves/misbehaves.so"};
    p_ = std::make_unique<Prepared>(prepare(options));
    traces_ = std::make_unique<Traces>(*p_->services, *p_->tree, "forward", p_->input_names());
  }
  std::shared_ptr<const Graph> graph(Shape shape) {
    const TensorType type{kFloat32, std::move(shape)};
    return traces_->graph({&type, 1});
  }

  test::TempFolder folder_;
  std::unique_ptr<Prepared> p_;
  std::unique_ptr<Traces> traces_;
};

TEST_F(TracesTest, AGraphHoldsWhatTheForwardDoes) {
  prepare_with("");
  const Graph& traced = *graph({2, 4});
  EXPECT_EQ(traced.name, "Misbehaves:forward");
  std::vector<std::string> ops, names;
  for (const GraphNode& node : traced.nodes) ops.push_back(node.op);
  for (const GraphValue& value : traced.values) names.push_back(value.name);
  EXPECT_THAT(ops, ElementsAre("fake_quantize", "linear", "fake_quantize", "fake_quantize"));
  // Which of a call's arguments comes first is the compiler's choice.
  EXPECT_THAT(names, UnorderedElementsAre("input", "dense.weight", "dense/act_in", "dense/linear",
                                          "dense/act_out", "act"));
  const auto weight = std::find(names.begin(), names.end(), "dense.weight") - names.begin();
  EXPECT_EQ(traced.values[3].shape, (Shape{2, 3}));
  EXPECT_EQ(traced.values[static_cast<size_t>(weight)].parameter, 0);
  for (const GraphNode& node : traced.nodes) {
    if (node.site < 0) continue;
    EXPECT_EQ(p_->tree->sites.at(static_cast<size_t>(node.site)).path,
              std::get<std::string>(node.attributes.at("site")));
  }
  for (const GraphValue& value : traced.values) EXPECT_FALSE(value.qparams.has_value()) << value.name;
}

TEST_F(TracesTest, ScopesSayWhichCallTheNodesBelongTo) {
  prepare_with("");
  const Graph& traced = *graph({2, 4});
  ASSERT_EQ(traced.scopes.size(), 2u);
  EXPECT_EQ(traced.scopes[0], (GraphScope{"", "forward", 0, {0}, {5}, 0, 4}));
  EXPECT_EQ(traced.scopes[1], (GraphScope{"dense", "forward", 0, {0}, {4}, 0, 3}));
}

TEST_F(TracesTest, ADifferenceIsNamedAndBlamedOnTheForwardThatParted) {
  prepare_with("");
  const Graph& traced = *graph({2, 4});
  EXPECT_FALSE(first_difference(traced, traced).has_value());
  struct Change {
    std::function<void(Graph&)> make;
    const char* text;
    const char* module;
  };
  const Change changes[] = {
      {[](Graph& g) { g.nodes[1].module = "dense.inner"; },
       "step 1 was linear of module dense giving float32[2, 3], then linear of module dense.inner", "dense"},
      {[](Graph& g) { g.nodes[1].module = "densely"; }, "then linear of module densely", ""},
      {[](Graph& g) { g.nodes[1].inputs[2] = 0; },
       "step 1, linear of module dense giving float32[2, 3], had other arguments", "dense"},
      {[](Graph& g) { g.nodes.pop_back(); }, "step 3 was quantize at act of module <root>", ""},
      {[](Graph& g) { g.outputs = {4}; }, "the outputs are other values", ""},
      {[](Graph& g) { g.scopes.pop_back(); }, "call 1 is of dense:forward, then of none", ""},
      {[](Graph& g) { g.values.emplace_back(); }, "parameters that no op reads differ", ""}};
  for (const Change& change : changes) {
    Graph other = traced;
    change.make(other);
    const auto found = first_difference(traced, other);
    ASSERT_TRUE(found.has_value()) << change.text;
    EXPECT_THAT(found->text, ::testing::HasSubstr(change.text));
    EXPECT_EQ(found->module, change.module) << change.text;
  }
}

TEST_F(TracesTest, EqualTypesAreTracedOnce) {
  prepare_with("");
  const auto two = graph({2, 4}), three = graph({3, 4});
  EXPECT_NE(two, three);
  EXPECT_EQ(three->values[3].shape, (Shape{3, 3}));
  EXPECT_EQ(graph({2, 4}), two);
  for (int64_t i = 4; i < 4 + static_cast<int64_t>(Traces::kKept); ++i) (void)graph({i, 4});
  EXPECT_NE(graph({2, 4}), two) << "more than are kept came between";
  EXPECT_EQ(*graph({2, 4}), *two);
}

TEST_F(TracesTest, AForwardThatKeepsStateIsRefused) {
  prepare_with("counts its calls");
  test::expect_error(
      ErrorKind::kPlugin,
      "differ: step 0 was quantize at dense/act_in of module dense giving float32[2, 4], then neg", [&] {
        (void)graph({2, 4});
      });
}

TEST_F(TracesTest, SitesThatDependOnTheShapeAreRefused) {
  prepare_with("site by shape");
  (void)graph({2, 4});
  test::expect_error(ErrorKind::kPlugin, "quantize call 2 is at act, then at none", [&] {
    (void)graph({3, 4});
  });
}

TEST_F(TracesTest, ChildrenThatDependOnTheShapeAreRefused) {
  prepare_with("child by shape");
  (void)graph({2, 4});
  test::expect_error(ErrorKind::kPlugin, "call 1 is of dense:forward, then of none", [&] {
    (void)graph({3, 4});
  });
}

TEST_F(TracesTest, AFailedTraceLeavesTheTracerUsable) {
  prepare_with("");
  test::expect_error(ErrorKind::kPlugin, "linear: ", [&] { (void)graph({2, 5}); });
  EXPECT_EQ(graph({2, 4})->nodes.size(), 4u);
}

}  // namespace
}  // namespace vernier::core
