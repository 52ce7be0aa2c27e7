#include "graph/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "core/graph/graph_builder.h"
#include "graph/message.h"

namespace vernier::core {
namespace {

using ::testing::HasSubstr;
using testing::linear_graph;
using testing::per_tensor;

struct Mutant {
  const char* name;
  std::function<void(Graph&)> mutate;
  const char* message;
};

class Rejected : public ::testing::TestWithParam<Mutant> {};

// linear_graph: 0 x, 1 weight (uint4 [2, 3], axis 0), 2 bias (int32 [2]), 3 y; node 0 linear.
const Mutant kMutants[] = {
    {"node_input_range", [](Graph& g) { g.nodes[0].inputs[0] = 4; },
     "node 0 \"linear\" of m reads value 4, which does not exist"},
    {"node_output_range", [](Graph& g) { g.nodes[0].outputs[0] = 9; },
     "writes value 9, which does not exist"},
    {"node_output_absent", [](Graph& g) { g.nodes[0].outputs[0] = kNoValue; }, "writes value 4294967295"},
    {"node_without_output", [](Graph& g) { g.nodes[0].outputs.clear(); },
     "node 0 \"linear\" of m has no outputs"},
    {"two_producers", [](Graph& g) { g.nodes.push_back(g.nodes[0]); },
     "node 1 \"linear\" of m writes value 3 \"y\", which another node produces"},
    {"order", [](Graph& g) { g.nodes[0].inputs[2] = 3; }, "reads value 3 \"y\" before it is produced"},
    {"input_produced", [](Graph& g) { g.nodes[0].outputs[0] = 0; },
     "writes value 0 \"x\", an input or constant"},
    {"constant_produced", [](Graph& g) { g.nodes[0].outputs[0] = 1; },
     "writes value 1 \"model.projection.weight\", an input or constant"},
    {"never_produced",
     [](Graph& g) {
       g.nodes.clear();
       g.outputs = {0};
     },
     "value 3 \"y\" is produced by no node"},
    {"output_range", [](Graph& g) { g.outputs = {7}; }, "output 7 is no value"},
    {"output_undefined", [](Graph& g) { g.nodes.clear(); },
     "value 3 \"y\" is a graph output that nothing produces"},
    {"no_outputs", [](Graph& g) { g.outputs.clear(); }, "has no outputs"},
    {"input_range", [](Graph& g) { g.inputs = {5}; }, "input 5 is no value"},
    {"input_is_constant",
     [](Graph& g) {
       g.inputs = {0, 1};
     },
     "value 1 \"model.projection.weight\" is listed as an input and is none"},
    {"input_twice",
     [](Graph& g) {
       g.inputs = {0, 0};
     },
     "value 0 \"x\" is listed twice as an input"},
    {"input_unlisted", [](Graph& g) { g.inputs.clear(); },
     "value 0 \"x\" is an input that the graph does not list"},
    {"name_empty", [](Graph& g) { g.values[3].name.clear(); }, "value 3 has an empty name"},
    {"name_twice", [](Graph& g) { g.values[3].name = "x"; }, "value 3 \"x\" has the name of another value"},
    {"name_not_utf8", [](Graph& g) { g.values[3].name = "\xff"; }, "value 3 has a name that is not UTF-8"},
    {"name_long", [](Graph& g) { g.values[3].name.assign(5000, 'x'); }, "value 3 has a name of 5000 bytes"},
    {"graph_name_not_utf8", [](Graph& g) { g.name = "\xc3"; }, "graph has a name that is not UTF-8"},
    {"op_empty", [](Graph& g) { g.nodes[0].op.clear(); }, "node 0 has an empty op"},
    {"module_not_utf8", [](Graph& g) { g.nodes[0].module = "\xc0\x80"; },
     "node 0 has a module that is not UTF-8"},
    {"op_version", [](Graph& g) { g.nodes[0].version = 0; }, "node 0 \"linear\" of m has op version 0"},
    {"attribute_empty", [](Graph& g) { g.nodes[0].attributes[""] = int64_t{1}; },
     "has an empty attribute name"},
    {"attribute_not_utf8", [](Graph& g) { g.nodes[0].attributes["t"] = std::string("\x80"); },
     "attribute \"t\" is not UTF-8"},
    {"dtype_unset", [](Graph& g) { g.values[3].dtype = {}; },
     "value 3 \"y\" has an unknown dtype (code 0, 0 bits)"},
    {"dtype_bits", [](Graph& g) { g.values[3].dtype.bits = 5; }, "has an unknown dtype (code 1, 5 bits)"},
    {"shape_negative", [](Graph& g) { g.values[3].shape[1] = -1; },
     "value 3 \"y\" has the negative extent -1"},
    {"shape_absurd",
     [](Graph& g) {
       g.values[3].shape = {1 << 30, 1 << 30};
     },
     "has an absurd shape [1073741824, 1073741824]"},
    {"shape_absurd_and_empty",
     [](Graph& g) {
       g.values[3].shape = {0, std::numeric_limits<int64_t>::max()};
     },
     "has an absurd shape"},
    {"rank", [](Graph& g) { g.values[3].shape.assign(65, 1); }, "value 3 \"y\" has rank 65"},
    {"constant_bytes", [](Graph& g) { g.values[1].constant_bytes = 6; },
     "has 6 bytes of constant data; uint4 [2, 3] needs 3"},
    {"constant_bytes_elsewhere", [](Graph& g) { g.values[3].constant_bytes = 8; },
     "value 3 \"y\" has 8 bytes of constant data"},
    {"qparams_float", [](Graph& g) { g.values[3].qparams->is_float = true; }, "has qparams that say float"},
    {"qparams_no_integer", [](Graph& g) { g.values[3].qparams->dtype = kFloat32; },
     "has qparams of dtype float32, no integer"},
    {"qparams_other_dtype", [](Graph& g) { g.values[3].dtype = kInt8; }, "is int8 and has qparams for uint8"},
    {"axis_range", [](Graph& g) { g.values[1].qparams->axis = 2; }, "has qparams along axis 2 of rank 2"},
    {"axis_negative", [](Graph& g) { g.values[1].qparams->axis = -2; }, "has qparams along axis -2"},
    {"scale_count", [](Graph& g) { g.values[1].qparams->axis = 1; },
     "has 2 scales and 2 zero points; axis 1 needs 3"},
    {"scale_count_per_tensor", [](Graph& g) { g.values[1].qparams->axis = -1; }, "per tensor needs 1"},
    {"zero_point_count", [](Graph& g) { g.values[3].qparams->zero_point.clear(); },
     "has 1 scales and 0 zero points"},
    {"empty_axis",
     [](Graph& g) {
       g.values[3].shape[1] = 0;
       g.values[3].qparams = testing::per_channel(1, {});
     },
     "axis 1 needs 0"},
    {"scale_zero", [](Graph& g) { g.values[3].qparams->scale = {0}; }, "has the scale 0"},
    {"scale_negative", [](Graph& g) { g.values[3].qparams->scale = {-1}; }, "has the scale -1"},
    {"scale_infinite",
     [](Graph& g) { g.values[3].qparams->scale = {std::numeric_limits<float>::infinity()}; },
     "has the scale inf"},
    {"scale_nan", [](Graph& g) { g.values[3].qparams->scale = {std::numeric_limits<float>::quiet_NaN()}; },
     "has the scale nan"},
    {"zero_point_high", [](Graph& g) { g.values[3].qparams->zero_point = {256}; },
     "has the zero point 256, no uint8 code"},
    {"zero_point_low", [](Graph& g) { g.values[3].qparams->zero_point = {-1}; },
     "has the zero point -1, no uint8 code"},
};

TEST_P(Rejected, WithThePlaceNamed) {
  Graph graph = linear_graph();
  ASSERT_NO_THROW(validate(graph, ErrorKind::kData));
  GetParam().mutate(graph);
  try {
    validate(graph, ErrorKind::kData);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
    EXPECT_FALSE(error.diagnostics()[0].hint.empty());
  }
  // Our own graphs are checked too before they leave.
  try {
    write_message(graph);
    FAIL() << "written";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInternal);
  }
}

INSTANTIATE_TEST_SUITE_P(Mutants, Rejected, ::testing::ValuesIn(kMutants),
                         [](const auto& mutant) { return mutant.param.name; });

TEST(Validate, AcceptsTheEdges) {
  Graph graph = linear_graph();
  graph.values[3].shape = {0, 4, 2};                         // nothing to compute is legal
  graph.values[2].qparams = per_tensor(1e-30f, -5, kInt64);  // 64-bit codes
  graph.values[2].dtype = kInt64;
  graph.values[2].constant_bytes = 16;
  graph.nodes[0].module.clear();
  graph.outputs = {3, 3, 1};  // an output may repeat or be a constant
  EXPECT_NO_THROW(validate(graph, ErrorKind::kData));
}

TEST(Printable, CutsWholeCharacters) {
  EXPECT_EQ(printable("abc"), "abc");
  EXPECT_EQ(printable("\xff"), "?");
  std::string text(199, 'a');
  text += "ωω";
  EXPECT_EQ(printable(text), std::string(199, 'a'));
}

}  // namespace
}  // namespace vernier::core
