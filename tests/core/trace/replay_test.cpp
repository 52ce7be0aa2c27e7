// Recorded calls made again: the tree and the graph that their wrappers would have given, and an error for
// each thing that they do not hold or that the host does not grant.
#include "trace/replay.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/recorded_calls.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;

const std::vector<TensorType> kInputs = {{kFloat32, {2, 4}}};

std::vector<std::byte> tables() {
  const float values[] = {9, 1, 2, 3};
  const auto* begin = reinterpret_cast<const std::byte*>(values);
  return {begin, begin + sizeof(values)};
}

TEST(Replay, GivesTreeAndGraph) {
  test::ReplayedModel model(test::recorded_calls(), tables());
  const ModuleTree& tree = *model.tree;
  ASSERT_EQ(tree.modules.size(), 2u);
  EXPECT_EQ(tree.modules[1].path, "inner");
  EXPECT_EQ(tree.modules[1].type, "Inner");
  EXPECT_EQ(tree.modules[1].config_text, R"({"a":1})");
  EXPECT_EQ(tree.modules[1].plugin, "org.example");
  ASSERT_EQ(tree.sites.size(), 3u);
  EXPECT_EQ(tree.sites[0].tied_to, 2);
  EXPECT_TRUE(tree.sites[1].is_weight);
  EXPECT_THAT(tree.scalars, ElementsAre("bound"));
  ASSERT_EQ(tree.parameters.size(), 1u);
  EXPECT_EQ(tree.parameters[0].site, 1);

  for (int turn = 0; turn < 2; ++turn) {  // as often as anybody asks
    const Graph graph = model.trace(0, "forward", kInputs);
    std::vector<std::string> ops;
    for (const GraphNode& node : graph.nodes) ops.push_back(node.module + ":" + node.op);
    EXPECT_THAT(ops, ElementsAre(":linear", "inner:fake_quantize", ":add", ":fake_quantize"));
    ASSERT_EQ(graph.scopes.size(), 2u);
    EXPECT_EQ(graph.values.at(graph.outputs.at(0)).shape, (Shape{2, 3}));
    const auto& table = graph.values.at(graph.nodes[2].inputs[1]).table;
    ASSERT_NE(table, nullptr);
    EXPECT_THAT(std::vector<float>(table->values.as<float>(), table->values.as<float>() + 3),
                ElementsAre(1, 2, 3));
  }
  std::vector<std::string> lines;
  for (const LogLine& line : model.services.lines()) lines.push_back(line.plugin + ": " + line.text);
  EXPECT_THAT(lines, ElementsAre("org.example: created", "org.example: computed", "org.example: computed"));
}

TEST(Replay, WhatIsNotRecordedIsAnErrorThatNamesIt) {
  test::ReplayedModel model(test::recorded_calls(), tables());
  test::expect_error(ErrorKind::kInternal,
                     "nothing is recorded of entry forward of module <root> for inputs float32[3, 4]", [&] {
                       (void)model.trace(0, "forward", {{kFloat32, {3, 4}}});
                     });
  test::expect_error(ErrorKind::kInternal, "nothing is recorded of entry decode of module <root>",
                     [&] { (void)model.trace(0, "decode", kInputs); });
  test::expect_error(ErrorKind::kInternal, "nothing is recorded of entry forward of module inner",
                     [&] { (void)model.trace(1, "forward", kInputs); });
  EXPECT_EQ(model.trace(0, "forward", kInputs).nodes.size(), 4u) << "and others are there all the same";
  test::expect_error(ErrorKind::kInternal, "nothing is recorded of module <root> (Other)", [] {
    RecordedCalls calls = test::recorded_calls();
    ThreadPool pool(1);
    HostServices services(pool);
    Replay replay(services, calls, std::make_unique<ScratchFile>("tables"), 0);
    const test::AnyParameters source;
    TreeBuilder builder(services, source, [&](const std::string&, const std::string&) {
      return LoadedWrapper{Replay::table(), replay.host(), "org.example", nullptr};
    });
    (void)builder.build("", "Other", nullptr);
  });
}

TEST(Replay, ARecordedErrorComesAsItWas) {
  RecordedCalls calls = test::recorded_calls();
  calls.traces[0].error = plugin_error("too many rows", "module <root> (Root, plugin a)", "fewer");
  calls.traces[0].calls.clear();
  test::ReplayedModel model(calls);
  test::expect_error(ErrorKind::kPlugin,
                     "error: too many rows\n  at module <root> (Root, plugin a)\n  fewer\n",
                     [&] { (void)model.trace(0, "forward", kInputs); });
}

struct Wrong {
  const char* name;
  std::vector<RecordedCall> tree, forward;
  const char* text;
  const char* where = "module <root> (Root) (plugin org.example)";
};

class WrongCalls : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongCalls, AreErrorsWithTheModulesPlace) {
  const Wrong& wrong = GetParam();
  for (const char* text : {wrong.text, wrong.where}) {
    test::expect_error(ErrorKind::kPlugin, text, [&] {
      test::ReplayedModel model(
          test::recorded_calls(wrong.tree.empty() ? test::tree_calls() : wrong.tree, wrong.forward),
          tables());
      (void)model.trace(0, "forward", kInputs);
    });
  }
}

ParameterCall filled(Shape shape) {
  ParameterCall call;
  call.name = "filled";
  call.shape = std::move(shape);
  call.flags = VERNIER_PARAMETER_FILL;
  return call;
}

std::vector<RecordedCall> then_end(std::vector<RecordedCall> calls) {
  calls.emplace_back(EndCall{{0}});
  return calls;
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongCalls,
    ::testing::Values(
        Wrong{"ATieOfNoSite", then_end({TieCall{5, "a"}}), {}, "site 5 of 0"},
        Wrong{"TwoSitesOfOneName",
              then_end({test::site("a"), test::site("a")}),
              {},
              "site \"a\" is declared twice"},
        Wrong{"ADeepChain",
              [] {
                std::vector<RecordedCall> calls(70, ModuleCall{"a", "A", "{}"});
                calls.resize(141, EndCall{});
                return calls;
              }(),
              {},
              "modules are nested more than 64 deep",
              "a.a.a"},
        Wrong{"AHugeFill", then_end({filled({1 << 15, 1 << 15})}), {}, "a fill of an extent 32768"},
        Wrong{"AnOverflowingFill", then_end({filled({INT64_MAX, INT64_MAX})}), {}, "a fill of an extent"},
        Wrong{"ANameWithControlCharacters", then_end({test::site("a\n")}), {}, "control characters"},
        Wrong{"AConfigThatIsNone",
              {ModuleCall{"a", "A", "{"}, EndCall{}, EndCall{}},
              {},
              "a child's config is not JSON"},
        Wrong{"NoSuchParameter", {}, then_end({WeightCall{1}}), "parameter 1 of 1"},
        Wrong{"NoSuchSite", {}, then_end({QuantizeCall{3, 0}}), "site 3 of 3"},
        Wrong{"ASiteOfAChild", {}, then_end({QuantizeCall{2, 0}}), "a site that this module did not declare"},
        Wrong{"NoSuchValue", {}, then_end({QuantizeCall{0, 1}}), "value 1 of 1"},
        Wrong{"NoSuchRows", {}, then_end({QuantizeCall{0, 0, 7}}), "value 7 of 1"},
        Wrong{"RowsOfFloats", {}, then_end({QuantizeCall{0, 0, 0}}), "`where` is bool"},
        Wrong{"AnAbsentValue", {}, then_end({QuantizeCall{0, kNoPlace}}), "is not a live value"},
        Wrong{"NoSuchOutput", {}, {EndCall{{4}}}, "value 4 of 1"},
        Wrong{"AnAbsentOutput", {}, {EndCall{{kNoPlace}}}, "an output that is not a live value"},
        Wrong{"ManyOutputs", {}, {EndCall{std::vector<ValuePlace>(257, 0)}}, "outputs, 257 of 256"},
        Wrong{"NoSuchModule",
              {},
              {ForwardCall{2, "forward", {0}}, EndCall{{0}}, EndCall{{0}}},
              "module 2 of 2"},
        Wrong{"ItselfAsAChild",
              {},
              {ForwardCall{0, "forward", {0}}, EndCall{{0}}, EndCall{{0}}},
              "a module that is not a child of this one"},
        Wrong{"NoSuchOp", {}, then_end({OpCall{100000, {}, 1}}), "no op has id 100000"},
        Wrong{"AnOpWithOtherResults",
              {},
              then_end({OpCall{*find_op("relu", 1), {ValuePlace{0}}, 2}}),
              "relu gives 1 result, not 2"},
        Wrong{"AnOpWithOtherArguments",
              {},
              then_end({OpCall{*find_op("relu", 1), {std::string("x")}, 1}}),
              "argument x has the wrong kind"},
        Wrong{"ATableBehindTheEnd",
              {},
              then_end({TableCall{"t", kFloat32, {4}, 1}}),
              "a table ends at byte 17 of 16"},
        Wrong{"ATableFarBehindTheEnd",
              {},
              then_end({TableCall{"t", kFloat32, {4}, UINT64_MAX}}),
              "a table ends at byte"},
        Wrong{"ALargeTable",
              {},
              then_end({TableCall{"t", kFloat32, {1 << 15, 1 << 15}, 0}}),
              "more than 1024 MiB"},
        Wrong{"ATableOfNothing", {}, then_end({TableCall{"t", DType(), {1}, 0}}), "table \"t\" is unset"},
        Wrong{"ATableOfBits", {}, then_end({TableCall{"t", kInt4, {1}, 0}}), "table \"t\" is int4"},
        Wrong{"ATableOfManyAxes",
              {},
              then_end({TableCall{"t", kFloat32, Shape(9, 1), 0}}),
              "has 9 axes, at most 8"},
        Wrong{
            "ATableOfOtherBools", {}, then_end({TableCall{"t", kBool, {16}, 0}}), "of bool holds the byte"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core
