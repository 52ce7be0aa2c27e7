#include "graph/graph_access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <stdexcept>

#include "core/graph/graph_builder.h"
#include "graph/message.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::linear_graph;

std::string_view text(vernier_string s) { return {s.data, s.length}; }

struct GraphAccessTest : ::testing::Test {
  static Graph sample() {
    Graph graph = linear_graph();
    graph.nodes[0].attributes = {{"axis", int64_t{-1}},
                                 {"eps", 1e-6},
                                 {"axes", std::vector<int64_t>{0, 2}},
                                 {"mode", std::string("tanh")}};
    graph.nodes[0].inputs.push_back(kNoValue);
    graph.values[2].is_filled = true;
    graph.values[1].constant_id = 7;
    return graph;
  }
  std::vector<std::string> reports;
  std::function<void()> on_read = [] {};
  GraphAccess access{write_message(sample()),
                     [this](ValueIndex value, uint64_t offset, void* destination, uint64_t length) {
                       on_read();
                       const uint8_t bytes[] = {static_cast<uint8_t>(value), 11, 12};
                       std::memcpy(destination, bytes + offset, length);
                     },
                     [this](vernier_status, std::string_view what) { reports.emplace_back(what); }};
};

TEST_F(GraphAccessTest, ShowsTheGraph) {
  vernier_string name{};
  ASSERT_EQ(access.name(&name), VERNIER_OK);
  EXPECT_EQ(text(name), "model.projection:forward");
  uint64_t values = 0, nodes = 0, count = 0;
  ASSERT_EQ(access.counts(&values, &nodes), VERNIER_OK);
  EXPECT_EQ(values, 4u);
  EXPECT_EQ(nodes, 1u);
  const uint32_t* indices = nullptr;
  ASSERT_EQ(access.inputs(&indices, &count), VERNIER_OK);
  EXPECT_THAT(std::vector<uint32_t>(indices, indices + count), ElementsAre(0));
  ASSERT_EQ(access.outputs(&indices, &count), VERNIER_OK);
  EXPECT_THAT(std::vector<uint32_t>(indices, indices + count), ElementsAre(3));
  const void* data = nullptr;
  ASSERT_EQ(access.message(&data, &count), VERNIER_OK);
  EXPECT_EQ(std::memcmp(static_cast<const char*>(data) + 4, "VGR1", 4), 0);
  EXPECT_EQ(count, write_message(sample()).size());
  EXPECT_TRUE(reports.empty());
}

TEST_F(GraphAccessTest, ShowsAValue) {
  vernier_graph_value value{};
  value.size = VERNIER_SIZE_UP_TO(vernier_graph_value, constant_id);
  ASSERT_EQ(access.value(1, &value), VERNIER_OK);
  EXPECT_EQ(text(value.name), "model.projection.weight");
  EXPECT_THAT(std::vector<int64_t>(value.shape, value.shape + value.rank), ElementsAre(2, 3));
  EXPECT_TRUE(DType(value.dtype) == kUInt4);
  EXPECT_EQ(value.dtype.lanes, 1);
  EXPECT_EQ(value.kind, VERNIER_GRAPH_CONSTANT);
  ASSERT_EQ(value.qparam_count, 2u);
  EXPECT_THAT(std::vector<float>(value.scale, value.scale + 2), ElementsAre(0.25f, 0.125f));
  EXPECT_THAT(std::vector<int32_t>(value.zero_point, value.zero_point + 2), ElementsAre(0, 0));
  EXPECT_EQ(value.axis, 0);
  EXPECT_EQ(value.constant_bytes, 3u);
  EXPECT_EQ(value.is_filled, 0u);
  EXPECT_EQ(value.constant_id, 7u);
  ASSERT_EQ(access.value(2, &value), VERNIER_OK);
  EXPECT_EQ(value.is_filled, 1u);
}

TEST_F(GraphAccessTest, ShowsANode) {
  vernier_graph_node node{};
  node.size = VERNIER_SIZE_UP_TO(vernier_graph_node, reserved);
  ASSERT_EQ(access.node(0, &node), VERNIER_OK);
  EXPECT_EQ(text(node.op), "linear");
  EXPECT_EQ(text(node.module), "m");
  EXPECT_THAT(std::vector<uint32_t>(node.inputs, node.inputs + node.input_count),
              ElementsAre(0, 1, 2, VERNIER_GRAPH_NO_VALUE));
  EXPECT_THAT(std::vector<uint32_t>(node.outputs, node.outputs + node.output_count), ElementsAre(3));
  EXPECT_EQ(node.attribute_count, 4u);
  EXPECT_EQ(node.op_version, 1u);
}

TEST_F(GraphAccessTest, ShowsAttributes) {
  vernier_argument argument{};
  ASSERT_EQ(access.attribute(0, {"axis", 4}, &argument), VERNIER_OK);
  EXPECT_EQ(argument.kind, VERNIER_ARGUMENT_INTEGER);
  EXPECT_EQ(argument.as.integer, -1);
  ASSERT_EQ(access.attribute(0, {"eps", 3}, &argument), VERNIER_OK);
  EXPECT_EQ(argument.kind, VERNIER_ARGUMENT_NUMBER);
  EXPECT_EQ(argument.as.number, 1e-6);
  ASSERT_EQ(access.attribute(0, {"axes", 4}, &argument), VERNIER_OK);
  EXPECT_EQ(argument.kind, VERNIER_ARGUMENT_INTEGERS);
  EXPECT_THAT(std::vector<int64_t>(argument.as.integers, argument.as.integers + argument.count),
              ElementsAre(0, 2));
  ASSERT_EQ(access.attribute(0, {"mode", 4}, &argument), VERNIER_OK);
  EXPECT_EQ(argument.kind, VERNIER_ARGUMENT_TEXT);
  EXPECT_EQ(std::string_view(argument.as.text, argument.count), "tanh");
  const vernier_argument before = argument;
  EXPECT_EQ(access.attribute(0, {"axi", 3}, &argument), VERNIER_NOT_FOUND);
  EXPECT_EQ(access.attribute(0, {nullptr, 0}, &argument), VERNIER_NOT_FOUND);
  EXPECT_EQ(argument.kind, before.kind);
  EXPECT_EQ(argument.count, before.count);
  EXPECT_EQ(argument.as.text, before.as.text);
  EXPECT_EQ(access.attribute(0, {nullptr, 1}, &argument), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.attribute(1, {"axis", 4}, &argument), VERNIER_OUT_OF_RANGE);
}

// A plugin built when the struct ended with `rank`, and one that knows fields we do not.
TEST_F(GraphAccessTest, FillsNoFurtherThanTheCallerKnows) {
  vernier_graph_value value;
  std::memset(&value, 0xaa, sizeof value);
  value.size = VERNIER_SIZE_UP_TO(vernier_graph_value, rank);
  ASSERT_EQ(access.value(1, &value), VERNIER_OK);
  EXPECT_EQ(value.rank, 2u);
  EXPECT_EQ(value.kind, 0xaaaaaaaau);
  EXPECT_EQ(value.constant_bytes, 0xaaaaaaaaaaaaaaaau);
  EXPECT_EQ(value.size, VERNIER_SIZE_UP_TO(vernier_graph_value, rank));

  struct {
    vernier_graph_node node;
    uint64_t future;
  } newer;
  std::memset(&newer, 0xaa, sizeof newer);
  newer.node.size = sizeof newer;
  ASSERT_EQ(access.node(0, &newer.node), VERNIER_OK);
  EXPECT_EQ(newer.node.op_version, 1u);
  EXPECT_EQ(newer.future, 0xaaaaaaaaaaaaaaaau);
  EXPECT_EQ(newer.node.size, sizeof newer);

  for (uint64_t size : {0, 4, 8}) {
    value.size = size;
    EXPECT_EQ(access.value(0, &value), VERNIER_OK);
    EXPECT_EQ(value.rank, 2u);  // untouched
  }
}

TEST_F(GraphAccessTest, ReadsConstantsWithinTheirBytes) {
  uint8_t bytes[3] = {};
  ASSERT_EQ(access.read_constant(1, 0, bytes, 3), VERNIER_OK);
  EXPECT_THAT(bytes, ElementsAre(1, 11, 12));
  ASSERT_EQ(access.read_constant(1, 2, bytes, 1), VERNIER_OK);
  EXPECT_EQ(bytes[0], 12);
  EXPECT_EQ(access.read_constant(1, 3, nullptr, 0), VERNIER_OK);
  EXPECT_EQ(access.read_constant(1, 2, bytes, 2), VERNIER_OUT_OF_RANGE);
  EXPECT_THAT(reports.back(),
              HasSubstr("value 1 \"model.projection.weight\" has 3 bytes; 2 at 2 were asked for"));
  EXPECT_EQ(access.read_constant(1, 4, bytes, 0), VERNIER_OUT_OF_RANGE);
  EXPECT_EQ(access.read_constant(1, 1, bytes, std::numeric_limits<uint64_t>::max()), VERNIER_OUT_OF_RANGE);
  EXPECT_EQ(access.read_constant(3, 0, bytes, 1), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.read_constant(4, 0, bytes, 1), VERNIER_OUT_OF_RANGE);
  EXPECT_EQ(access.read_constant(1, 0, nullptr, 1), VERNIER_INVALID_ARGUMENT);
}

TEST_F(GraphAccessTest, NothingThrownLeaves) {
  uint8_t byte = 0;
  on_read = [] { throw data_error("shard 2 is gone"); };
  EXPECT_EQ(access.read_constant(1, 0, &byte, 1), VERNIER_DATA_LOSS);
  EXPECT_EQ(reports.back(), "shard 2 is gone");
  on_read = [] { throw std::runtime_error("odd"); };
  EXPECT_EQ(access.read_constant(1, 0, &byte, 1), VERNIER_INTERNAL);
  on_read = [] { throw std::bad_alloc(); };
  EXPECT_EQ(access.read_constant(1, 0, &byte, 1), VERNIER_OUT_OF_MEMORY);
  on_read = [] { throw 1; };
  EXPECT_EQ(access.read_constant(1, 0, &byte, 1), VERNIER_INTERNAL);
}

TEST_F(GraphAccessTest, NullAndRangeAreStatuses) {
  vernier_graph_value value{};
  vernier_graph_node node{};
  uint64_t count = 0;
  EXPECT_EQ(access.value(4, &value), VERNIER_OUT_OF_RANGE);
  EXPECT_EQ(reports.back(), "graph model.projection:forward: value 4 of 4");
  EXPECT_EQ(access.node(1, &node), VERNIER_OUT_OF_RANGE);
  EXPECT_EQ(access.name(nullptr), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.counts(&count, nullptr), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.inputs(nullptr, &count), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.outputs(nullptr, &count), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.value(0, nullptr), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.node(0, nullptr), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(access.message(nullptr, &count), VERNIER_INVALID_ARGUMENT);
}

TEST(GraphAccess, RefusesDamage) {
  test::expect_error(ErrorKind::kData, "graph message: ", [] { (void)GraphAccess({}, {}); });
}

}  // namespace
}  // namespace vernier::core
