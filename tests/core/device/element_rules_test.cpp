// What ops refuse for the elements of their arguments, in which words.
#include "device/element_rules.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/device/worked_ops.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using testing::integers;

struct Refusal {
  const char* op;
  std::vector<OpArgument> arguments;
  const char* text;  // what, where and hint, with "; " between them; empty where the call is taken
};

std::string refusal_of(const Refusal& row) {
  const OpSignature& op = op_signatures()[find_op(row.op, 1).value()];
  try {
    check_elements(op, row.arguments, op_result(find_op(row.op, 1).value(), types_of(row.arguments)));
    return {};
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    const Diagnostic& first = error.diagnostics().front();
    return first.what + "; " + first.where + "; " + first.hint;
  }
}

TEST(ElementRules, SayWhichElementAndWhatItHadToBe) {
  const Tensor x = test::floats({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor halved = integers({2}, {4, 6});
  Tensor narrow = Tensor::allocate(kInt32, {1});
  *narrow.mutable_as<int32_t>() = 5;
  Tensor least = Tensor::allocate(kInt32, {1});
  *least.mutable_as<int32_t>() = std::numeric_limits<int32_t>::min();
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kGreatest = std::numeric_limits<int64_t>::max();
  const Refusal rows[] = {
      {"add", {x, x}, ""},
      {"floor_div", {halved, integers({2}, {1, -1})}, ""},
      {"floor_div", {x, integers({}, {0})}, ""},
      {"floor_div", {integers({0}, {}), integers({}, {0})}, ""},
      {"floor_div",
       {halved, integers({2}, {1, 0})},
       "floor_div: element 1 of b is 0; the result is int64, which has no infinity; arguments int64[2], "
       "int64[2]; divide floats, or put another number in place of 0 by where"},
      {"remainder",
       {narrow, integers({}, {int64_t{1} << 32})},
       "remainder: element 0 of b is 0; the result is int32, which has no infinity; arguments int32[1], "
       "int64[]; divide floats, or put another number in place of 0 by where"},
      {"floor_div", {integers({2}, {kLeast, kLeast}), integers({2, 1}, {1, 2})}, ""},
      {"floor_div", {integers({2}, {kLeast + 1, 5}), integers({}, {-1})}, ""},
      {"remainder", {integers({2}, {kLeast, 5}), integers({}, {-1})}, ""},
      {"floor_div",
       {integers({2}, {5, kLeast}), integers({2, 1}, {1, -1})},
       "floor_div: element 3 of the result is -9223372036854775808 divided by -1, which int64 does not hold; "
       "arguments int64[2], int64[2, 1]; divide a wider integer, or put another number in its place by "
       "where"},
      {"floor_div",
       {least, integers({}, {-1})},
       "floor_div: element 0 of the result is -2147483648 divided by -1, which int32 does not hold; "
       "arguments "
       "int32[1], int64[]; divide a wider integer, or put another number in its place by where"},
      {"gather", {x, integers({2}, {0, 2}), int64_t{-1}}, ""},
      {"gather",
       {x, integers({2}, {0, 3}), int64_t{-1}},
       "gather: index 3 at position 1 is outside axis -1 of x, which has extent 3; arguments float32[2, 3], "
       "int64[2]; indices are counted from 0, and none from the back"},
      {"gather",
       {x, integers({1}, {-1}), int64_t{0}},
       "gather: index -1 at position 0 is outside axis 0 of x, which has extent 2; arguments float32[2, 3], "
       "int64[1]; indices are counted from 0, and none from the back"},
      {"one_hot",
       {integers({2}, {1, 4}), int64_t{4}, std::string("int8")},
       "one_hot: index 4 at position 1 is outside the depth, which has extent 4; arguments int64[2]; indices "
       "are counted from 0, and none from the back"},
      {"scatter_rows",
       {x, integers({1}, {kGreatest}), test::floats({1, 3}, {1, 2, 3})},
       "scatter_rows: index 9223372036854775807 at position 0 is outside axis 0 of x, which has extent 2; "
       "arguments float32[2, 3], int64[1], float32[1, 3]; indices are counted from 0, and none from the "
       "back"},
      {"scatter_rows",
       {x, integers({2}, {1, 1}), x},
       "scatter_rows: index 1 is at positions 0 and 1; arguments float32[2, 3], int64[2], float32[2, 3]; "
       "name "
       "each row once"},
      {"dynamic_update_slice", {x, integers({2}, {0, 0}), x}, ""},
      {"dynamic_update_slice",
       {x, integers({2}, {1, 2}), test::floats({1, 2}, {1, 2})},
       "dynamic_update_slice: an update of extent 2 does not fit from 2 on along axis 1, which has extent 3; "
       "arguments float32[2, 3], int64[2], float32[1, 2]; a start is not moved to where the update fits"},
      {"dynamic_update_slice",
       {x, integers({2}, {-1, 0}), test::floats({1, 2}, {1, 2})},
       "dynamic_update_slice: an update of extent 1 does not fit from -1 on along axis 0, which has extent "
       "2; "
       "arguments float32[2, 3], int64[2], float32[1, 2]; a start is not moved to where the update fits"}};
  for (const Refusal& row : rows) EXPECT_EQ(refusal_of(row), row.text) << row.op;
}

}  // namespace
}  // namespace vernier::core
