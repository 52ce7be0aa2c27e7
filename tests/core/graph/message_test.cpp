#include "graph/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

#include "core/graph/graph_builder.h"
#include "graph_generated.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using testing::expect_equal;
using testing::GraphBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::linear_graph;
using testing::per_channel;
using testing::per_tensor;

std::string refusal(std::span<const std::byte> message) {
  try {
    read_message(message);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.what();
  }
  return "accepted";
}

// A graph of any shape that is valid: every kind of value, dtype, attribute and absent argument turns up.
Graph random_graph(uint32_t seed) {
  std::mt19937 random(seed);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  const DType code_types[] = {kUInt8, kInt8, kInt16, kUInt4, kInt4, kInt32};
  GraphBuilder b("m." + std::to_string(seed) + ":forward");
  const auto decorate = [&](ValueIndex index) {
    GraphValue& value = b.graph.values[index];
    value.is_filled = value.kind == ValueKind::kConstant && below(2) == 0;
    if (value.kind == ValueKind::kConstant) value.constant_id = static_cast<uint64_t>(below(3)) << 40;
    if (below(3) == 0) return;
    const DType dtype = code_types[below(6)];
    QParams qparams = per_tensor(0.25f + static_cast<float>(below(100)) / 7,
                                 static_cast<int32_t>(dtype.qmin() + below(4)), dtype);
    if (below(2) == 0) {
      const uint32_t axis = below(static_cast<uint32_t>(value.shape.size()));
      qparams.axis = axis;
      qparams.scale.assign(static_cast<size_t>(value.shape[axis]), 0.5f);
      qparams.zero_point.assign(qparams.scale.size(), 0);
    }
    qparams.scheme = below(2) == 0 ? Scheme::kSymmetric : Scheme::kAsymmetric;
    value.dtype = dtype;
    if (value.kind == ValueKind::kConstant)
      value.constant_bytes = dtype.bytes(static_cast<uint64_t>(element_count(value.shape)));
    value.qparams = std::move(qparams);
  };
  const auto shape = [&] { return Shape{1 + below(3), 1 + below(5)}; };
  for (uint32_t i = 0; i <= below(3); ++i) decorate(b.input("x" + std::to_string(i), shape()));
  for (uint32_t i = 0; i <= below(3); ++i) decorate(b.constant("ω" + std::to_string(i), shape()));
  for (uint32_t i = 0; i <= below(8); ++i) {
    std::vector<ValueIndex> inputs;
    for (uint32_t j = 0; j <= below(3); ++j)
      inputs.push_back(below(4) == 0 ? kNoValue : below(static_cast<uint32_t>(b.graph.values.size())));
    std::map<std::string, Attribute> attributes;
    if (below(2) == 0) attributes["axis"] = static_cast<int64_t>(random()) - (int64_t{1} << 40);
    if (below(2) == 0) attributes["eps"] = 1.0 / (1 + below(9));
    if (below(2) == 0) attributes["axes"] = std::vector<int64_t>(below(3), -1);
    if (below(2) == 0) attributes["approximate"] = std::string(below(3), 't');
    const ValueIndex output =
        b.node("op" + std::to_string(below(4)), inputs, shape(), attributes, "v" + std::to_string(i));
    decorate(output);
    b.graph.nodes.back().version = 1 + below(2);
    b.graph.nodes.back().module = below(2) == 0 ? "" : "model.a";
  }
  return b.outputs({static_cast<ValueIndex>(b.graph.values.size() - 1), b.graph.inputs[0]});
}

TEST(GraphMessage, RoundTrips) {
  const Graph graph = linear_graph();
  const std::vector<std::byte> message = write_message(graph);
  EXPECT_EQ(std::memcmp(message.data() + 4, "VGR1", 4), 0);
  expect_equal(read_message(message), graph);
}

TEST(GraphMessage, RoundTripsAnyGraphToTheSameBytes) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const Graph graph = random_graph(seed);
    const std::vector<std::byte> message = write_message(graph);
    ASSERT_EQ(write_message(random_graph(seed)), message);
    const Graph read = read_message(message);
    expect_equal(read, graph);
    ASSERT_EQ(write_message(read), message);
  }
}

TEST(GraphMessage, CarriesEveryNumber) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {});
  const double infinity = std::numeric_limits<double>::infinity();
  const ValueIndex y = b.node("clamp", {x}, {},
                              {{"low", -infinity},
                               {"high", 5e-324},
                               {"least", std::numeric_limits<int64_t>::min()},
                               {"none", std::vector<int64_t>{}},
                               {"text", std::string()}});
  const Graph graph = b.outputs({y});
  expect_equal(read_message(write_message(graph)), graph);
}

TEST(GraphMessage, CarriesWhatBelongsToTheWholeGraphAndBlocks) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1, 4});
  QParams blocks = per_tensor(0.5f, 1, kInt8);
  blocks.scale = {0.5f, 1, 2, 4};
  blocks.zero_point = {1, 0, 0, -1};
  blocks.block_size = 2;
  const ValueIndex w = b.coded("w", {2, 4}, blocks);
  Graph graph = b.outputs({b.node("linear", {x, w}, {1, 2})});
  graph.attributes = {
      {"config", std::string("{}")}, {"entry", std::string("forward")}, {"number", int64_t{7}}};
  const std::vector<std::byte> message = write_message(graph);
  const Graph read = read_message(message);
  expect_equal(read, graph);
  EXPECT_EQ(read.attributes, graph.attributes);
  EXPECT_EQ(read.values[w].qparams->block_size, 2);
  EXPECT_EQ(write_message(read), message);
  EXPECT_THAT(features(graph), ::testing::Contains("blocks"));
  graph.values[w].qparams->block_size = 3;
  test::expect_error(ErrorKind::kInternal, "has blocks of 3 along axis -1 of [2, 4]",
                     [&] { (void)write_message(graph); });
  graph.values[w].qparams->block_size = 4;
  test::expect_error(ErrorKind::kInternal, "has 4 scales and 4 zero points; blocks of 4 needs 2",
                     [&] { (void)write_message(graph); });
  graph.values[w].qparams->block_size = 2;
  graph.attributes["config"] = std::string("\xff");
  test::expect_error(ErrorKind::kInternal, "attribute \"config\" is not UTF-8",
                     [&] { (void)write_message(graph); });
}

TEST(GraphMessage, ReadsFromAnyAddress) {
  const std::vector<std::byte> message = write_message(linear_graph());
  std::vector<std::byte> shifted(message.size() + 1);
  std::copy(message.begin(), message.end(), shifted.begin() + 1);
  expect_equal(read_message(std::span(shifted).subspan(1)), linear_graph());
}

TEST(GraphMessage, WeightsAreNotInside) {
  Graph graph = linear_graph();
  const size_t small = write_message(graph).size();
  graph.values[0].shape = {1, 4, 1 << 20};
  graph.values[1].shape = {2, 1 << 20};
  graph.values[1].constant_bytes = 1 << 20;
  EXPECT_EQ(write_message(graph).size(), small);
}

TEST(Features, SayWhatAReaderWouldPassOver) {
  Graph graph = linear_graph();
  EXPECT_THAT(features(graph), ElementsAre("per_channel", "sub_byte"));
  EXPECT_EQ(feature_uses(graph)[1].where, "value 1 \"model.projection.weight\"");
  graph.nodes[0].version = 2;
  EXPECT_EQ(feature_uses(graph)[0].where, "node 0 \"linear\" of m");
  EXPECT_THAT(features(graph), ElementsAre("op_version", "per_channel", "sub_byte"));
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2});
  EXPECT_THAT(features(b.outputs({b.node("neg", {x}, {2})})), IsEmpty());
  for (const std::string& feature : features(graph)) EXPECT_TRUE(is_known_feature(feature));
  EXPECT_FALSE(is_known_feature("group"));
}

// Every byte of the message replaced and every prefix: an Error or a valid graph, nothing else.
TEST(GraphMessage, SurvivesDamage) {
  const std::vector<std::byte> message = write_message(linear_graph());
  for (size_t length = 0; length < message.size(); ++length) {
    const std::string answer = refusal(std::span(message).first(length));
    if (length + 8 <= message.size()) {  // the last bytes may be padding
      EXPECT_NE(answer, "accepted") << length;
    }
  }
  for (size_t i = 0; i < message.size(); ++i) {
    for (unsigned flip : {0x01u, 0x80u, 0xffu}) {
      std::vector<std::byte> damaged = message;
      damaged[i] ^= static_cast<std::byte>(flip);
      refusal(damaged);
    }
  }
}

// Messages that other writers could make and ours never does.
struct Foreign {
  uint32_t major = kMessageMajor;
  std::vector<std::string> must_understand;
  message::ValueKind kind = message::ValueKind::Input;
  message::TypeCode code = message::TypeCode::Float;
  bool constant = false;
  uint64_t reference = 0;
  bool attribute_twice = false;
  message::AttributeValue attribute_type = message::AttributeValue::Integer;
  size_t copies = 1;  // of the first value, all with one name and one shape in memory
  bool share_table = false;
};

std::vector<std::byte> encode(const Foreign& f) {
  flatbuffers::FlatBufferBuilder builder;
  const auto type = message::CreateDType(builder, f.code, 32);
  flatbuffers::Offset<message::Constant> constant;
  if (f.constant) constant = message::CreateConstant(builder, f.reference, 4);
  const std::vector<int64_t> shape(f.copies > 1 ? 1000 : 1, 1);
  const auto name = builder.CreateString("x");
  const auto shape_vector = builder.CreateVector(shape);
  const auto value = message::CreateValue(builder, name, f.kind, type, shape_vector, 0, constant);
  const auto content = message::CreateInteger(builder, 1).Union();
  const auto attribute =
      message::CreateAttribute(builder, builder.CreateString("axis"), f.attribute_type, content);
  std::vector<flatbuffers::Offset<message::Attribute>> attributes(f.attribute_twice ? 2 : 1, attribute);
  const auto y = message::CreateValue(builder, builder.CreateString("y"), message::ValueKind::Intermediate,
                                      type, shape_vector);
  const std::vector<uint32_t> input = {0}, output = {1};
  const auto op = builder.CreateString("neg");
  const auto node_inputs = builder.CreateVector(input);
  const auto node_outputs = builder.CreateVector(output);
  const auto attribute_vector = builder.CreateVector(attributes);
  const auto node = message::CreateNode(builder, op, 1, 0, node_inputs, node_outputs, attribute_vector);
  std::vector<flatbuffers::Offset<message::Value>> values = {value};
  while (values.size() < f.copies)
    values.push_back(f.share_table ? value : message::CreateValue(builder, name, f.kind, type, shape_vector));
  values.push_back(y);
  const auto value_vector = builder.CreateVector(values);
  const auto nodes = builder.CreateVector(&node, 1);
  const auto graph_inputs = builder.CreateVector(f.constant ? std::vector<uint32_t>{} : input);
  const auto graph_outputs = builder.CreateVector(output);
  const auto must = builder.CreateVectorOfStrings(f.must_understand);
  message::FinishGraphBuffer(builder, message::CreateGraph(builder, f.major, 7, 0, value_vector, nodes,
                                                           graph_inputs, graph_outputs, must));
  const auto* bytes = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
  return {bytes, bytes + builder.GetSize()};
}

TEST(GraphMessage, RefusesWhatItCannotUnderstand) {
  EXPECT_EQ(refusal(encode({})), "accepted");  // a newer minor version is none of our business
  Foreign f;
  f.major = 2;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("schema version 2.7; this host reads 1.x"));
  f = {};
  f.must_understand = {"group"};
  EXPECT_THAT(refusal(encode(f)), HasSubstr("feature \"group\", which this host does not know"));
  f = {};
  f.kind = message::ValueKind::Unknown;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("value 0 has the unknown kind 0"));
  f = {};
  f.code = message::TypeCode::Unknown;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("value 0 \"x\" has an unknown dtype"));
  f = {};
  f.kind = message::ValueKind::Constant;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("value 0 must have constant data exactly if it is a constant"));
  f.constant = true;
  EXPECT_EQ(refusal(encode(f)), "accepted");
  f.reference = 1;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("value 0 refers to the data of value 1"));
  f = {};
  f.attribute_twice = true;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("node 0 has attributes out of order or twice"));
  f = {};
  f.attribute_type = static_cast<message::AttributeValue>(9);
  EXPECT_THAT(refusal(encode(f)), HasSubstr("attribute \"axis\" has an unknown type"));
}

TEST(GraphMessage, DoesNotExpandSharedTables) {
  Foreign f;
  f.copies = 2;
  EXPECT_THAT(refusal(encode(f)),
              HasSubstr("does not list"));  // twice the same table: two inputs, one of them not listed
  f.copies = 1000;
  f.share_table = true;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("not a graph message"));  // more tables than fit into its bytes
  f.share_table = false;
  EXPECT_THAT(refusal(encode(f)), HasSubstr("expand without bound"));
}

TEST(GraphMessage, FeaturesMustBeStated) {
  std::vector<std::byte> bytes = write_message(linear_graph());
  // The list of features is a vector of two strings; a vector length of 0 hides both.
  const auto* list = message::GetGraph(bytes.data())->must_understand();
  auto* length = const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(list));
  flatbuffers::WriteScalar<uint32_t>(length, 0);
  EXPECT_THAT(refusal(bytes), HasSubstr("value 1 \"model.projection.weight\" needs the feature "
                                        "\"per_channel\", which the message does not state"));
}

}  // namespace
}  // namespace vernier::core
