// What each op's rules answer and refuse, without a device.
#include "device/op_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

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
    return to_string(op_result(find_op(row.op, 1).value(), row.arguments));
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

TEST(OpRules, AnswerTheTypeOrSayWhatDoesNotFit) {
  for (const Answer& row : kAnswers) EXPECT_EQ(answer_to(row), row.result);
}

TEST(OpRules, EveryOpIsAsked) {
  for (const OpSignature& op : op_signatures()) {
    // The remaining unary ops share their rules with neg, sqrt and clamp.
    if (op.shape_rule == ShapeRule::kSame || op.shape_rule == ShapeRule::kBroadcast) continue;
    const auto is_own = [&](const Answer& row) { return op.name == row.op; };
    EXPECT_TRUE(std::any_of(std::begin(kAnswers), std::end(kAnswers), is_own)) << op.name;
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
