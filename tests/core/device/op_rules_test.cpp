// What each op's rules answer and refuse, without a device.
#include "device/op_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using Ints = std::vector<int64_t>;
using Types = std::vector<TensorType>;

TensorType f32(Shape shape) { return {kFloat32, std::move(shape)}; }
TensorType of(DType dtype, Shape shape) { return {dtype, std::move(shape)}; }

struct Answer {
  const char* op;
  std::vector<ArgumentType> arguments;
  const char* result;  // or the error's first line and, behind "; ", its hint
};

std::string answer_to(const Answer& row) {
  try {
    std::string all;
    for (const TensorType& one : op_results(find_op(row.op, 1).value(), row.arguments))
      all += (all.empty() ? "" : ", ") + to_string(one);
    return all;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
    const Diagnostic& first = error.diagnostics().front();
    return first.what + (first.hint.empty() ? "" : "; " + first.hint);
  }
}

const Answer kAnswers[] = {
    {"linear", {f32({2, 3}), f32({4, 3}), f32({4})}, "float32[2, 4]"},
    {"linear",
     {f32({2, 3}), f32({4, 5}), std::monostate{}},
     "linear: x is float32[2, 3], weight is float32[4, 5]: x's last axis has 3 elements, weight takes 5"},
    {"linear", {f32({2, 3}), f32({3}), std::monostate{}}, "linear: weight is float32[3]; it takes rank 2"},
    {"linear",
     {f32({}), f32({4, 3}), std::monostate{}},
     "linear: x is float32[]; it takes at least one axis"},
    {"linear", {f32({2, 3}), f32({4, 3}), f32({3})}, "linear: bias is float32[3]; it takes shape [4]"},
    {"linear",
     {of(kInt64, {2, 3}), f32({4, 3}), std::monostate{}},
     "linear: x is int64[2, 3]; it takes float32; integers and bool are not converted to float on the way"},
    {"linear",
     {of(kFloat64, {2, 3}), f32({4, 3}), std::monostate{}},
     "linear: x is float64, weight is float32; they must have one dtype"},
    {"matmul", {f32({5, 1, 2, 3}), f32({7, 3, 4})}, "float32[5, 7, 2, 4]"},
    {"matmul", {f32({3}), f32({3})}, "float32[]"},
    {"matmul",
     {f32({2, 3}), f32({2, 3})},
     "matmul: a is float32[2, 3], b is float32[2, 3]: a's last axis has 3 elements, b takes 2"},
    {"matmul",
     {f32({2, 2, 3}), f32({3, 3, 4})},
     "matmul: the batches of a, float32[2, 2, 3], and b, float32[3, 3, 4], do not broadcast"},
    {"add", {f32({2, 1, 3}), f32({4, 1})}, "float32[2, 4, 3]"},
    {"where", {of(kBool, {2, 1}), f32({3}), of(kInt64, {})}, "float32[2, 3]"},
    {"where",
     {f32({2}), f32({2}), f32({2})},
     "where: condition is float32[2]; it takes bool; a comparison gives bool"},
    {"where",
     {of(kBool, {2}), f32({2}), f32({3})},
     "where: a is float32[2], b is float32[3]: they do not broadcast; counted from the back, extents must be "
     "equal, or one of them 1"},
    {"equal", {of(kBool, {2}), of(kInt64, {3, 1})}, "bool[3, 2]"},
    {"logical_not", {of(kInt64, {2})}, "logical_not: x is int64[2]; it takes bool; a comparison gives bool"},
    {"pow", {of(kInt64, {2}), of(kInt32, {})}, "float32[2]"},
    {"maximum", {of(kBool, {2}), of(kInt32, {2})}, "maximum: a is bool; it takes numbers"},
    {"max", {of(kUInt8, {2, 0}), Ints{0}, int64_t{1}}, "uint8[1, 0]"},
    {"max", {f32({2, 0}), Ints{1}, int64_t{0}}, "max: the greatest, or least, of no element"},
    {"min", {f32({0}), Ints{}, int64_t{0}}, "min: the greatest, or least, of no element"},
    {"argmax", {of(kInt8, {2, 3}), int64_t{-1}}, "int64[2]"},
    {"argmax", {f32({}), int64_t{0}}, "int64[]"},
    {"argmax", {f32({2, 0}), int64_t{1}}, "argmax: the greatest, or least, of no element"},
    {"argmax", {of(kBool, {2}), int64_t{0}}, "argmax: x is bool; it takes numbers"},
    {"sum", {f32({2, 3, 4}), Ints{-1, 0}, int64_t{0}}, "float32[3]"},
    {"sum", {f32({2, 3}), Ints{0, 0}, int64_t{0}}, "sum: axis 0 is named twice"},
    {"cumsum", {f32({2, 3}), int64_t{2}}, "cumsum: axis 2 of a tensor of rank 2"},
    {"add",
     {f32({2, 2}), f32({3})},
     "add: a is float32[2, 2], b is float32[3]: they do not broadcast; counted from the back, extents must "
     "be equal, or one of them 1"},
    {"add", {of(kInt64, {2}), f32({2})}, "float32[2]"},
    {"add", {of(kUInt8, {2}), of(kInt8, {2})}, "int16[2]"},
    {"add", {of(kInt32, {2}), of(kInt64, {})}, "int32[2]"},
    {"add", {of(kInt64, {2}), f32({})}, "float32[2]"},
    {"sub", {of(kBool, {2}), of(kBool, {2})}, "sub: a is bool; it takes numbers"},
    {"div", {of(kInt64, {2}), of(kInt64, {2})}, "float32[2]"},
    {"neg", {of(kBool, {2})}, "neg: x is bool; it takes numbers"},
    {"sqrt", {of(kInt32, {2})}, "float32[2]"},
    {"sqrt", {of(kFloat16, {2})}, "sqrt: x is float16[2], which no op takes"},
    {"mean", {f32({2, 3, 4}), Ints{-1, 0}, int64_t{1}}, "float32[1, 3, 1]"},
    {"mean", {f32({2, 3, 4}), Ints{}, int64_t{0}}, "float32[]"},
    {"mean", {f32({2, 3}), Ints{1, -1}, int64_t{0}}, "mean: axis -1 is named twice"},
    {"mean", {f32({2, 3}), Ints{2}, int64_t{0}}, "mean: axis 2 of a tensor of rank 2"},
    {"mean", {f32({}), Ints{-2}, int64_t{0}}, "mean: axis -2 of a tensor of rank 0"},
    {"reshape", {f32({2, 6}), Ints{3, -1}}, "float32[3, 4]"},
    {"reshape", {f32({2, 3}), Ints{4, -1}}, "reshape: float32[2, 3] of 6 elements cannot take shape [4, -1]"},
    {"reshape",
     {f32({2, 3}), Ints{-1, -1}},
     "reshape: float32[2, 3] of 6 elements cannot take shape [-1, -1]"},
    {"reshape", {f32({0, 3}), Ints{0, -1}}, "reshape: float32[0, 3] of 0 elements cannot take shape [0, -1]"},
    {"reshape",
     {f32({1}), Ints{int64_t{1} << 33, int64_t{1} << 33, -1}},
     "reshape: float32[1] of 1 elements cannot take shape [8589934592, 8589934592, -1]"},
    {"permute", {of(kBool, {2, 3, 4}), Ints{-1, 0, 1}}, "bool[4, 2, 3]"},
    {"permute", {f32({2, 3}), Ints{0}}, "permute: 1 axes for float32[2, 3]; it takes each axis once"},
    {"permute", {f32({2, 3}), Ints{0, -2}}, "permute: axis -2 is named twice"},
    {"slice", {f32({2, 5}), int64_t{-1}, int64_t{1}, int64_t{3}}, "float32[2, 2]"},
    {"split", {f32({2, 5}), Ints{2, 3}, int64_t{-1}}, "float32[2, 2], float32[2, 3]"},
    {"split", {of(kBool, {4}), Ints{4}, int64_t{0}}, "bool[4]"},
    {"split",
     {f32({2, 5}), Ints{2, 2}, int64_t{1}},
     "split: sizes is [2, 2], axis 1 of x has 5 elements; pieces of 0 or more elements, which together are "
     "the axis"},
    {"split",
     {f32({2, 5}), Ints{6, -1}, int64_t{1}},
     "split: sizes is [6, -1], axis 1 of x has 5 elements; pieces of 0 or more elements, which together are "
     "the axis"},
    {"split",
     {f32({0, 5}), Ints{}, int64_t{0}},
     "split: sizes is [], axis 0 of x has 0 elements; pieces of 0 or more elements, which together are the "
     "axis"},
    {"split", {f32({}), Ints{1}, int64_t{0}}, "split: x has no axis"},
    {"topk", {f32({2, 5}), int64_t{3}, int64_t{1}}, "float32[2, 3], int64[2, 3]"},
    {"topk", {of(kInt32, {5}), int64_t{5}, int64_t{-1}}, "int32[5], int64[5]"},
    {"topk",
     {f32({2, 5}), int64_t{6}, int64_t{1}},
     "topk: k is 6; it takes 1 to 5, the elements of the axis"},
    {"topk",
     {f32({2, 5}), int64_t{0}, int64_t{1}},
     "topk: k is 0; it takes 1 to 5, the elements of the axis"},
    {"topk", {of(kBool, {5}), int64_t{1}, int64_t{0}}, "topk: x is bool; it takes numbers"},
    {"topk", {f32({}), int64_t{1}, int64_t{0}}, "topk: x has no axis"},
    {"slice", {f32({2, 5}), int64_t{1}, int64_t{3}, int64_t{6}}, "slice: [3, 6) of an extent of 5"},
    {"slice", {f32({2, 5}), int64_t{1}, int64_t{-1}, int64_t{2}}, "slice: [-1, 2) of an extent of 5"},
    {"slice", {f32({2, 5}), int64_t{1}, int64_t{2}, int64_t{2}}, "slice: [2, 2) of an extent of 5"},
    {"slice", {f32({}), int64_t{0}, int64_t{0}, int64_t{1}}, "slice: x has no axis"},
    {"concat", {Types{f32({2, 3}), f32({2, 4})}, int64_t{-1}}, "float32[2, 7]"},
    {"concat",
     {Types{f32({2, 3}), f32({3, 4})}, int64_t{1}},
     "concat: float32[2, 3] and float32[3, 4] differ in more than axis 1"},
    {"concat", {Types{}, int64_t{0}}, "concat: no tensors were given"},
    {"concat",
     {Types{f32({})}, int64_t{0}},
     "concat: tensors without axes cannot be put one behind the other"},
    {"softmax", {f32({2, 3}), int64_t{2}}, "softmax: axis 2 of a tensor of rank 2"},
    {"softmax",
     {of(kInt64, {2}), int64_t{0}},
     "softmax: x is int64[2]; it takes float32; integers and bool are not converted to float on the way"},
    {"gelu", {f32({2}), std::string("erf")}, "gelu: approximate is \"erf\"; use \"none\" or \"tanh\""},
    {"clamp", {of(kInt32, {2}), 0.0, 1.0}, "float32[2]"},
    {"clamp", {f32({2}), std::nan(""), 1.0}, "clamp: the bounds are nan and 1"},
    {"rms_norm", {f32({2, 3}), f32({2}), 1e-6}, "rms_norm: weight is float32[2]; it takes shape [3]"},
    {"layer_norm",
     {f32({}), std::monostate{}, std::monostate{}, 1e-6},
     "layer_norm: x is float32[]; it takes at least one axis"},
    {"layer_norm",
     {f32({2, 3}), std::monostate{}, f32({1, 3}), 1e-6},
     "layer_norm: bias is float32[1, 3]; it takes shape [3]"},
    {"embedding", {f32({9, 4}), of(kInt32, {2, 3})}, "float32[2, 3, 4]"},
    {"embedding", {f32({9}), of(kInt32, {2})}, "embedding: weight is float32[9]; it takes rank 2"},
    {"embedding", {f32({9, 4}), f32({2})}, "embedding: indices is float32[2]; it takes int32 or int64"},
};

constexpr int64_t kGreatest = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

const Answer kMovements[] = {
    {"cast", {of(kBool, {2}), std::string("int32")}, "int32[2]"},
    {"cast", {of(kFloat64, {2}), std::string("float32")}, "float64[2]"},
    {"cast",
     {f32({2}), std::string("float64")},
     "cast: dtype is \"float64\"; use float32, int64, int32, int16, int8, uint8 or bool"},
    {"cast",
     {f32({2}), std::string("uint4")},
     "cast: dtype is \"uint4\"; use float32, int64, int32, int16, int8, uint8 or bool"},
    {"floor_div", {of(kUInt8, {2}), of(kInt8, {2, 1})}, "int16[2, 2]"},
    {"floor_div", {of(kBool, {2}), of(kInt8, {2})}, "floor_div: a is bool; it takes numbers"},
    {"remainder", {of(kInt64, {2}), f32({})}, "float32[2]"},
    {"expand", {of(kInt8, {2, 1}), Ints{4, 2, 3}}, "int8[4, 2, 3]"},
    {"expand", {f32({}), Ints{0, 2}}, "float32[0, 2]"},
    {"expand", {f32({2, 3}), Ints{2, -1}}, "expand: shape is [2, -1]; an extent is 0 or more"},
    {"expand",
     {f32({2, 3}), Ints{3}},
     "expand: x is float32[2, 3], which does not broadcast to [3]; counted from the back, an extent of x "
     "must "
     "be that of shape, or 1"},
    {"expand",
     {f32({3}), Ints{2, 1}},
     "expand: x is float32[3], which does not broadcast to [2, 1]; counted from the back, an extent of x "
     "must "
     "be that of shape, or 1"},
    {"expand",
     {f32({}), Ints{kGreatest, kGreatest}},
     "expand: the result would be float32[9223372036854775807, 9223372036854775807], more than 2^40 "
     "elements"},
    {"expand",
     {f32({}), Ints{kGreatest, 0, 2}},
     "expand: the result would be float32[9223372036854775807, 0, 2], more than 2^40 elements"},
    {"pad", {f32({2, 3}), Ints{1, 0}, Ints{0, 4}, std::nan("")}, "float32[3, 7]"},
    {"pad",
     {f32({2, 3}), Ints{1}, Ints{0, 4}, 0.0},
     "pad: before is [1]; it takes a number for each of the 2 axes of x"},
    {"pad",
     {f32({2}), Ints{1}, Ints{-1}, 0.0},
     "pad: after is [-1]; it takes numbers from 0 to 2^40; slice takes elements away"},
    {"pad",
     {f32({2}), Ints{kGreatest}, Ints{1}, 0.0},
     "pad: before is [9223372036854775807]; it takes numbers from 0 to 2^40"},
    {"pad",
     {of(kUInt8, {2}), Ints{1}, Ints{1}, 256.0},
     "pad: value is 256; x is uint8 and takes whole numbers from 0 to 255"},
    {"pad", {f32({2}), Ints{1}, Ints{1}, 1e300}, "pad: value is 1e+300, which float32 does not hold"},
    {"pad",
     {of(kInt32, {2}), Ints{1}, Ints{1}, 0.5},
     "pad: value is 0.5; x is int32 and takes whole numbers from -2147483648 to 2147483647"},
    {"pad",
     {of(kInt64, {2}), Ints{1}, Ints{1}, 0x1p63},
     "pad: value is 9.223372036854776e+18; x is int64 and takes whole numbers from -9223372036854775808 to "
     "9223372036854775807"},
    {"pad", {of(kInt64, {2}), Ints{1}, Ints{1}, -0x1p63}, "int64[4]"},
    {"pad",
     {of(kBool, {2}), Ints{1}, Ints{1}, 2.0},
     "pad: value is 2; x is bool and takes whole numbers from 0 to 1"},
    {"gather", {of(kBool, {2, 3, 4}), of(kInt32, {5, 6}), int64_t{-2}}, "bool[2, 5, 6, 4]"},
    {"gather", {f32({2, 3}), of(kInt64, {}), int64_t{1}}, "float32[2]"},
    {"gather", {f32({}), of(kInt64, {1}), int64_t{0}}, "gather: x has no axis"},
    {"gather", {f32({2}), of(kInt64, {1}), int64_t{1}}, "gather: axis 1 of a tensor of rank 1"},
    {"gather",
     {f32({2}), of(kUInt8, {1}), int64_t{0}},
     "gather: indices is uint8[1]; it takes int32 or int64"},
    {"strided_slice", {f32({2, 7}), int64_t{-1}, int64_t{1}, int64_t{7}, int64_t{2}}, "float32[2, 3]"},
    {"strided_slice", {f32({7}), int64_t{0}, int64_t{6}, int64_t{-1}, int64_t{-3}}, "float32[3]"},
    {"strided_slice", {f32({7}), int64_t{0}, int64_t{6}, int64_t{-1}, kLeast}, "float32[1]"},
    {"strided_slice", {f32({7}), int64_t{0}, int64_t{0}, int64_t{7}, kGreatest}, "float32[1]"},
    {"strided_slice", {f32({7}), int64_t{0}, int64_t{0}, int64_t{7}, int64_t{0}}, "strided_slice: step is 0"},
    {"strided_slice",
     {f32({}), int64_t{0}, int64_t{0}, int64_t{1}, int64_t{1}},
     "strided_slice: x has no axis"},
    {"strided_slice",
     {f32({7}), int64_t{0}, int64_t{3}, int64_t{8}, int64_t{2}},
     "strided_slice: from 3 to before 8 in steps of 2 of an extent of 7; upwards it takes 0 <= begin < end "
     "<= "
     "extent"},
    {"strided_slice",
     {f32({7}), int64_t{0}, int64_t{7}, int64_t{-1}, int64_t{-1}},
     "strided_slice: from 7 to before -1 in steps of -1 of an extent of 7; downwards it takes extent > begin "
     "> "
     "end >= -1"},
    {"one_hot", {of(kInt32, {2, 3}), int64_t{4}, std::string("bool")}, "bool[2, 3, 4]"},
    {"one_hot", {of(kInt64, {}), int64_t{4}, std::string("float32")}, "float32[4]"},
    {"one_hot",
     {of(kInt64, {2}), int64_t{0}, std::string("int8")},
     "one_hot: depth is 0; it takes 1 or more"},
    {"one_hot",
     {f32({2}), int64_t{4}, std::string("int8")},
     "one_hot: indices is float32[2]; it takes int32 or int64"},
    {"one_hot",
     {of(kInt64, {2}), kGreatest, std::string("int8")},
     "one_hot: the result would be int8[2, 9223372036854775807], more than 2^40 elements"},
    {"range", {int64_t{0}, int64_t{7}, int64_t{3}}, "int64[3]"},
    {"range", {int64_t{7}, int64_t{0}, int64_t{3}}, "int64[0]"},
    {"range", {kGreatest, kLeast, kLeast}, "int64[2]"},
    {"range", {int64_t{0}, int64_t{7}, int64_t{0}}, "range: step is 0"},
    {"range",
     {kLeast, kGreatest, int64_t{1}},
     "range: from -9223372036854775808 to 9223372036854775807 in steps of 1 are 18446744073709551615 "
     "elements, more than 2^40"},
    {"scatter_rows", {of(kBool, {4, 3}), of(kInt32, {2}), of(kBool, {2, 3})}, "bool[4, 3]"},
    {"scatter_rows", {f32({}), of(kInt32, {0}), f32({0})}, "scatter_rows: x has no axis"},
    {"scatter_rows",
     {f32({4, 3}), of(kInt32, {2, 1}), f32({2, 3})},
     "scatter_rows: indices is int32[2, 1]; it takes rank 1"},
    {"scatter_rows",
     {f32({4, 3}), of(kInt32, {2}), f32({3, 3})},
     "scatter_rows: rows is float32[3, 3]; it takes shape [2, 3]"},
    {"scatter_rows",
     {f32({4, 3}), of(kInt32, {2}), of(kInt64, {2, 3})},
     "scatter_rows: x is float32, rows is int64; they must have one dtype"},
    {"dynamic_update_slice", {of(kInt8, {4, 3}), of(kInt64, {2}), of(kInt8, {4, 1})}, "int8[4, 3]"},
    {"dynamic_update_slice", {f32({}), of(kInt64, {0}), f32({})}, "float32[]"},
    {"dynamic_update_slice",
     {f32({4, 3}), of(kInt64, {1}), f32({4, 1})},
     "dynamic_update_slice: starts is int64[1]; it takes shape [2]"},
    {"dynamic_update_slice",
     {f32({4, 3}), of(kInt64, {2}), f32({4})},
     "dynamic_update_slice: update is float32[4]; it takes rank 2"},
    {"dynamic_update_slice",
     {f32({4, 3}), of(kInt64, {2}), f32({1, 4})},
     "dynamic_update_slice: update is float32[1, 4], x is float32[4, 3]: along axis 1 the update is longer"},
    {"matmul",
     {f32({int64_t{1} << 30, 1}), f32({1, int64_t{1} << 30})},
     "matmul: the result would be float32[1073741824, 1073741824], more than 2^40 elements"},
};

TEST(OpRules, AnswerTheTypeOrSayWhatDoesNotFit) {
  for (const Answer& row : kAnswers) EXPECT_EQ(answer_to(row), row.result);
  for (const Answer& row : kMovements) EXPECT_EQ(answer_to(row), row.result);
}

TEST(OpRules, EveryOpIsAsked) {
  for (const OpSignature& op : op_signatures()) {
    // The remaining unary ops share their rules with neg, sqrt and clamp.
    if (op.shape_rule == ShapeRule::kSame || op.shape_rule == ShapeRule::kBroadcast) continue;
    if (op.shape_rule >= ShapeRule::kConv1d) continue;  // window_rules_test.cpp
    const auto is_own = [&](const Answer& row) { return op.name == row.op; };
    EXPECT_TRUE(std::any_of(std::begin(kAnswers), std::end(kAnswers), is_own) ||
                std::any_of(std::begin(kMovements), std::end(kMovements), is_own))
        << op.name;
  }
}

TEST(OpRules, NameAllTensorsOfTheCall) {
  try {
    (void)op_result(find_op("add", 1).value(), std::vector<ArgumentType>{f32({2, 2}), of(kInt64, {3})});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.diagnostics().front().where, "arguments float32[2, 2], int64[3]");
  }
}

}  // namespace
}  // namespace vernier::core
