// Ops that place elements, count, or look at images: each in a graph of its own, as Circle, executed and held
// to the exact reading of its graph. tests/parity/test_one_op.py holds the same ops to numpy.
#include <gtest/gtest.h>

#include "circle/reader.h"
#include "plugins/backends/op_file.h"
#include "support/expect_error.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"

namespace vernier::test {
namespace {

using nlohmann::json;

struct PlacedOp {
  std::string name;
  json config;
  std::vector<OpOperand> operands;
  std::vector<std::string> results;  // sites of the float ones
  Names operators;                   // of the file of uint8
};
void PrintTo(const PlacedOp& one, std::ostream* out) { *out << one.name; }

// Numbers that no grid of the tests holds exactly.
OpOperand spread(const std::string& name, core::Shape shape, double step = 0.37) {
  Numbers values;
  for (int64_t i = 0; i < core::element_count(shape); ++i)
    values.push_back(std::remainder(static_cast<double>(i) * step, 7.3));
  return reals(name, std::move(shape), std::move(values));
}
OpOperand counts(const std::string& name, core::Shape shape, Numbers values, DType dtype = kInt64) {
  return {name, dtype, std::move(shape), std::move(values)};
}

std::vector<PlacedOp> placed_ops() {
  const Names image = {"TRANSPOSE", "PAD", "CONV_2D", "TRANSPOSE"};
  const auto conv = [](std::vector<int> weight, int groups, std::vector<int> padding) {
    const int outputs = weight[0];
    return json{{"op", "conv2d"},     {"weight", std::move(weight)}, {"bias", {outputs}}, {"stride", {2, 1}},
                {"padding", padding}, {"dilation", {1, 2}},          {"groups", groups}};
  };
  const auto turned = [](std::vector<int> weight, std::vector<int> padding, std::vector<int> more,
                         bool bias) {
    json config = {{"op", "conv_transpose2d"},
                   {"stride", {2, 1}},
                   {"padding", std::move(padding)},
                   {"dilation", {1, 1}},
                   {"weight", weight},
                   {"output_padding", std::move(more)},
                   {"groups", 1}};
    if (bias) config["bias"] = {weight[1]};
    return config;
  };
  const Names transposed = {"TRANSPOSE", "TRANSPOSE_CONV", "TRANSPOSE"};
  return {
      {"expand", {{"op", "expand"}, {"shape", {2, 3, 4}}}, {spread("x", {3, 1})}, {"out"}, {"BROADCAST_TO"}},
      {"gather",
       {{"op", "gather"}, {"axis", 1}},
       {spread("a", {3, 5}), counts("b", {2}, {4, 0})},
       {"out"},
       {"GATHER"}},
      {"strided_slice",
       {{"op", "strided_slice"}, {"axis", -1}, {"begin", 4}, {"end", -1}, {"step", -2}},
       {spread("x", {3, 5})},
       {"out"},
       {"STRIDED_SLICE"}},
      {"pad",
       {{"op", "pad"}, {"before", {1, 0}}, {"after", {0, 2}}},
       {spread("x", {3, 5})},
       {"out"},
       {"PAD"}},
      {"pad_with_a_number",
       {{"op", "pad"}, {"before", {1, 0}}, {"after", {0, 2}}, {"value", -0.77}},
       {spread("x", {3, 5})},
       {"out"},
       {"PADV2"}},
      {"pad_beyond",
       {{"op", "pad"}, {"before", {1, 0}}, {"after", {0, 2}}, {"value", 9.3}},
       {spread("x", {3, 5})},
       {"out"},
       {"QUANTIZE", "PADV2"}},
      {"update",
       {{"op", "dynamic_update_slice"}},
       {spread("condition", {4, 5}), counts("a", {2}, {1, 2}), spread("b", {2, 3}, 1.9)},
       {"out"},
       {"QUANTIZE", "QUANTIZE", "DYNAMIC_UPDATE_SLICE"}},
      {"scatter_rows",
       {{"op", "scatter_rows"}},
       {spread("condition", {5, 3}), counts("a", {2}, {4, 1}), spread("b", {2, 3}, 1.9)},
       {"out"},
       {"QUANTIZE", "CAST", "RESHAPE", "SUB", "SCATTER_ND", "ADD", "CONCATENATION", "GATHER"}},
      {"scatter_one_row_of_one_axis",
       {{"op", "scatter_rows"}},
       {spread("condition", {5}), counts("a", {1}, {3}, kInt32), spread("b", {1}, 1.9)},
       {"out"},
       {"QUANTIZE", "RESHAPE", "SUB", "SCATTER_ND", "ADD", "CONCATENATION", "GATHER"}},
      {"split",
       {{"op", "split"}, {"sizes", {2, 2}}, {"axis", 1}},
       {spread("x", {3, 4})},
       {"out", "out_1"},
       {"SPLIT", "QUANTIZE", "QUANTIZE"}},
      {"split_unevenly",
       {{"op", "split"}, {"sizes", {1, 3}}, {"axis", -1}},
       {spread("x", {3, 4})},
       {"out", "out_1"},
       {"SPLIT_V", "QUANTIZE"}},
      {"topk",
       {{"op", "topk"}, {"k", 3}, {"axis", -1}},
       {spread("x", {3, 8})},
       {"out"},
       {"TOPK_V2", "CAST", "QUANTIZE"}},
      {"cast", {{"op", "cast"}, {"dtype", "int32"}}, {spread("x", {3, 5})}, {}, {"DEQUANTIZE", "CAST"}},
      {"one_hot",
       {{"op", "one_hot"}, {"depth", 4}},
       {counts("x", {3}, {3, 0, 2})},
       {"out"},
       {"ONE_HOT", "QUANTIZE"}},
      {"range",
       {{"op", "range"}, {"start", 5}, {"stop", -4}, {"step", -3}},
       {counts("x", {3}, {3, 0, 2})},
       {},
       {"RANGE", "ADD"}},
      {"floor_div",
       {{"op", "floor_div"}},
       {counts("a", {4}, {7, -7, 8, -8}, kInt32), counts("b", {4}, {2, 2, -3, -3}, kInt32)},
       {},
       {"FLOOR_DIV"}},
      {"remainder",
       {{"op", "remainder"}},
       {counts("a", {4}, {7, -7, 8, -8}), counts("b", {4}, {2, 2, -3, -3})},
       {},
       {"FLOOR_MOD"}},
      {"conv2d", conv({3, 2, 3, 2}, 1, {1, 0}), {spread("x", {1, 2, 6, 7})}, {"out"}, image},
      {"conv2d_in_groups", conv({4, 2, 3, 2}, 2, {1, 0}), {spread("x", {1, 4, 6, 7})}, {"out"}, image},
      {"conv2d_by_channel",
       conv({4, 1, 3, 2}, 2, {0, 0}),
       {spread("x", {1, 2, 6, 7})},
       {"out"},
       {"TRANSPOSE", "DEPTHWISE_CONV_2D", "TRANSPOSE"}},
      {"conv1d",
       {{"op", "conv1d"}, {"weight", {3, 2, 3}}, {"stride", {2}}, {"padding", {1}}, {"dilation", {1}}},
       {spread("x", {1, 2, 9})},
       {"out"},
       {"RESHAPE", "TRANSPOSE", "PAD", "CONV_2D", "TRANSPOSE", "RESHAPE"}},
      {"conv3d",
       {{"op", "conv3d"},
        {"weight", {3, 2, 2, 1, 3}},
        {"bias", {3}},
        {"stride", {2, 1, 1}},
        {"padding", {1, 0, 1}},
        {"dilation", {1, 1, 2}},
        {"groups", 1}},
       {spread("x", {1, 2, 4, 3, 6})},
       {"out"},
       {"DEQUANTIZE", "TRANSPOSE", "PAD", "DEQUANTIZE", "CONV_3D", "TRANSPOSE", "QUANTIZE"}},
      {"conv3d_without_bias",
       {{"op", "conv3d"},
        {"weight", {1, 2, 1, 2, 2}},
        {"stride", {1, 2, 1}},
        {"padding", {0, 0, 0}},
        {"dilation", {1, 1, 1}},
        {"groups", 1}},
       {spread("x", {2, 2, 2, 4, 3})},
       {"out"},
       {"DEQUANTIZE", "TRANSPOSE", "DEQUANTIZE", "CONV_3D", "TRANSPOSE", "QUANTIZE"}},
      {"conv_transpose2d",
       turned({2, 3, 4, 2}, {0, 0}, {1, 0}, true),
       {spread("x", {1, 2, 3, 4})},
       {"out"},
       transposed},
      {"conv_transpose2d_without_bias",
       turned({2, 3, 1, 2}, {0, 0}, {0, 0}, false),
       {spread("x", {2, 2, 3, 4})},
       {"out"},
       transposed},
      {"conv_transpose2d_of_the_same_extents",
       turned({2, 3, 4, 3}, {1, 1}, {0, 0}, true),
       {spread("x", {1, 2, 3, 4})},
       {"out"},
       transposed},
      {"conv_transpose2d_cut",
       turned({2, 3, 3, 2}, {1, 1}, {1, 0}, true),
       {spread("x", {1, 2, 3, 4})},
       {"out"},
       {"TRANSPOSE", "TRANSPOSE_CONV", "SLICE", "TRANSPOSE"}},
      {"conv_transpose2d_cut_and_longer",
       turned({2, 3, 2, 3}, {0, 2}, {1, 0}, true),
       {spread("x", {1, 2, 3, 4})},
       {"out"},
       {"TRANSPOSE", "TRANSPOSE_CONV", "SLICE", "TRANSPOSE"}},
      {"max_pool2d",
       {{"op", "max_pool2d"}, {"kernel", {3, 3}}, {"stride", {2, 2}}, {"padding", {1, 1}}},
       {spread("x", {1, 2, 6, 7})},
       {"out"},
       {"TRANSPOSE", "PADV2", "MAX_POOL_2D", "TRANSPOSE", "QUANTIZE"}},
      {"avg_pool2d",
       {{"op", "avg_pool2d"}, {"kernel", {2, 3}}, {"stride", {2, 1}}, {"padding", {0, 0}}},
       {spread("x", {1, 2, 6, 7})},
       {"out"},
       {"DEQUANTIZE", "TRANSPOSE", "AVERAGE_POOL_2D", "TRANSPOSE", "QUANTIZE"}},
      {"resize",
       {{"op", "resize_bilinear"}, {"size", {9, 4}}},
       {spread("x", {1, 2, 5, 7})},
       {"out"},
       {"DEQUANTIZE", "TRANSPOSE", "RESIZE_BILINEAR", "TRANSPOSE", "QUANTIZE"}}};
}

json executed(const PlacedOp& one, const char* activation, std::filesystem::path& path, OpFile& file) {
  json entry = {{"backend", "circle"},
                {"file", "op.circle"},
                {"profile", "none"},
                {"verify", {{"executor", "circle"}}}};
  file.recipe()["export"][0] = entry;
  file.recipe()["model"]["config"]["sites"] = json::array();
  for (const OpOperand& operand : one.operands) {
    if (operand.dtype == kFloat32) file.recipe()["model"]["config"]["sites"].push_back(operand.name);
  }
  for (const std::string& site : one.results) file.recipe()["model"]["config"]["sites"].push_back(site);
  if (activation == std::string("float32"))
    file.recipe()["quantization"]["weight"] = {{"observer", "identity"}};
  path = file.folder() / "op.circle";
  return file.run();
}

class CirclePlacedOp : public ::testing::TestWithParam<PlacedOp> {};

TEST_P(CirclePlacedOp, IsTheExactReadingInEveryDType) {
  const PlacedOp& one = GetParam();
  for (const char* activation : {"uint8", "int16", "float32"}) {
    SCOPED_TRACE(activation);
    const DType result = one.results.empty() ? DType(kInt64) : DType(kFloat32);
    OpFile file({one.name, one.config, one.operands, result, {}, {}, {}, {}}, activation, "circle");
    std::filesystem::path path;
    const json report = executed(one, activation, path, file);
    EXPECT_EQ(report.at("verify").at(0).at("first_divergence"), nullptr);
    for (const json& output : report.at("verify").at(0).at("outputs")) {
      const json& codes = output.at("quantized_to_file");
      if (activation == std::string("float32"))
        EXPECT_LE(codes.at("max_abs_diff"), 4e-6) << output;
      else
        EXPECT_EQ(codes.at("codes_differ"), 0) << output;
    }
    const std::string bytes = read_file(path);
    EXPECT_EQ(core::check_bytes(std::as_bytes(std::span(bytes))).to_json()["findings"], json::array());
    if (activation != std::string("uint8")) continue;
    Names names;
    const core::CircleFile circle = core::read_circle(path);
    for (const core::CircleOperator& op : circle.subgraphs.at(0).operators) names.push_back(op.op);
    EXPECT_EQ(names, one.operators);
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, CirclePlacedOp, ::testing::ValuesIn(placed_ops()),
                         [](const auto& one) { return one.param.name; });

// Forms that the operators do not have, each with what to do instead.
TEST(CirclePlacedOps, OfOtherFormsAreRefusedByPlan) {
  const auto conv3d = [](int groups) {
    return json{{"op", "conv3d"},        {"weight", {2, 2 / groups, 1, 1, 1}},
                {"stride", {1, 1, 1}},   {"padding", {0, 0, 0}},
                {"dilation", {1, 1, 1}}, {"groups", groups}};
  };
  const auto turned = [](int groups, std::vector<int> dilation) {
    return json{{"op", "conv_transpose2d"}, {"weight", {2, 2 / groups, 2, 2}}, {"stride", {1, 1}},
                {"padding", {0, 0}},        {"dilation", std::move(dilation)}, {"output_padding", {0, 0}},
                {"groups", groups}};
  };
  struct Row {
    json config;
    std::vector<OpOperand> operands;
    const char* text;
    const char* backend = "circle";
    json weight = {};  // what a rule says of it
  };
  const OpOperand image = spread("x", {1, 2, 4, 5});
  const Row table[] = {
      {{{"op", "topk"}, {"k", 1}, {"axis", 0}}, {image}, "Circle has it on the last axis only"},
      {{{"op", "avg_pool2d"}, {"kernel", {3, 3}}, {"stride", {1, 1}}, {"padding", {1, 1}}},
       {image},
       "leaves padding out of its means"},
      {conv3d(2),
       {spread("x", {1, 2, 3, 4, 5})},
       "conv3d: has 2 groups; CONV_3D has one: split the channels"},
      {turned(2, {1, 1}),
       {image},
       "conv_transpose2d: has 2 groups; TRANSPOSE_CONV has one: split the channels"},
      {turned(1, {1, 2}),
       {image},
       "conv_transpose2d: has the dilation [1, 2], and TRANSPOSE_CONV has none: set it to 1"},
      {turned(1, {1, 1}),
       {image},
       "has its scales on axis 0; Circle wants them on axis 1: set \"axis\": 1 for it in the recipe",
       "circle",
       {{"axis", 0}}},
      {turned(1, {1, 1}),
       {image},
       "has a weight of int4, which LiteRT does not take there; set \"dtype\": \"int8\"",
       "tflite",
       {{"dtype", "int4"}}}};
  for (const Row& row : table) {
    SCOPED_TRACE(row.text);
    OpFile file({"refused", row.config, row.operands, kFloat32, {}, {}, {}, {}}, "uint8", row.backend);
    if (!row.weight.is_null()) {
      json rule = row.weight;
      rule["match"] = "weight";
      file.recipe()["quantization"]["rules"] = json::array({rule});
    }
    expect_error(core::ErrorKind::kPlugin, row.text, [&] { file.plan(); });
  }
}

}  // namespace
}  // namespace vernier::test
