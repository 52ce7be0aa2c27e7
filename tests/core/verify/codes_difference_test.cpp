// Where two tensors of codes differ, and what the difference looks like.
#include "verify/codes_difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using testing::int16s;
using testing::int32s;
using testing::tensor_of;

// [1, rows, columns], element 10 * row + column.
Tensor numbered(int64_t rows, int64_t columns) {
  std::vector<int16_t> values;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; ++column)
      values.push_back(static_cast<int16_t>(10 * row + column));
  }
  return int16s({1, rows, columns}, values);
}

Tensor changed(const Tensor& x, const std::vector<std::pair<int64_t, int16_t>>& changes) {
  std::vector<int16_t> values = testing::elements<int16_t>(x);
  for (const auto& [place, value] : changes) values.at(static_cast<size_t>(place)) = value;
  return int16s(x.shape, values);
}

TEST(CodesDifference, IsNothingWhereAllAreEqual) {
  EXPECT_FALSE(codes_difference(numbered(3, 4), numbered(3, 4)));
  EXPECT_FALSE(codes_difference(int16s({0}, {}), int16s({0}, {})));
}

TEST(CodesDifference, NamesTheFirstElementAndTheBoxAroundAll) {
  const Tensor right = numbered(5, 4);
  const auto found = codes_difference(right, changed(right, {{6, 15}, {13, 30}}));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->elements, 20);
  EXPECT_EQ(found->differ, 2);
  EXPECT_EQ(found->first, (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(found->right, 12);
  EXPECT_EQ(found->found, 15);
  EXPECT_EQ(found->low, (std::vector<int64_t>{0, 1, 1}));
  EXPECT_EQ(found->high, (std::vector<int64_t>{0, 3, 2}));
  EXPECT_EQ(found->most, 3);
  EXPECT_EQ(found->moved, "");
  QParams grid;
  grid.dtype = kInt16;
  grid.scale = {0.5F};
  grid.zero_point = {2};
  EXPECT_EQ(found->to_text(&grid, "  "),
            "  at [0, 1, 2]: 15 where 12 is right (6.5 where 5 is right)\n"
            "  2 of 20 elements differ, all within [0, 1..3, 1..2], by 3 at most\n");
  const json value = found->to_json(&grid);
  EXPECT_EQ(value.at("right_value"), 5.0);
  EXPECT_EQ(value.at("first"), (json{0, 1, 2}));
  EXPECT_FALSE(found->to_json(nullptr).contains("right_value"));
}

TEST(CodesDifference, SeesASliceOfAnotherPlace) {
  const Tensor right = numbered(5, 4);
  // Row 2 was written to row 3.
  const auto slot = codes_difference(right, changed(right, {{12, 20}, {13, 21}, {14, 22}, {15, 23}}));
  EXPECT_EQ(slot->moved, "index 3 of axis 1 holds what belongs to index 2");
  // The same, and row 2 was left empty: what is constant belongs anywhere.
  const auto moved = codes_difference(
      right, changed(right, {{8, 0}, {9, 0}, {10, 0}, {11, 0}, {12, 20}, {13, 21}, {14, 22}, {15, 23}}));
  EXPECT_EQ(moved->moved, "index 3 of axis 1 holds what belongs to index 2");
  // Columns of few elements are alike by chance.
  const Tensor small = numbered(3, 4);
  const auto column = codes_difference(small, changed(small, {{0, 1}, {4, 11}, {8, 21}}));
  EXPECT_EQ(column->moved, "");
}

TEST(CodesDifference, AllowsStepsOfIntegersOnly) {
  const Tensor right = numbered(3, 4);
  const Tensor near = changed(right, {{3, 5}, {7, 12}});
  EXPECT_EQ(codes_difference(right, near, 1)->differ, 1);  // by 2, and by 1
  EXPECT_FALSE(codes_difference(right, near, 2));
  const Tensor zero = tensor_of<float>(kFloat32, {2}, {0, NAN});
  EXPECT_FALSE(codes_difference(zero, tensor_of<float>(kFloat32, {2}, {-0.0F, NAN})));
  EXPECT_EQ(codes_difference(zero, tensor_of<float>(kFloat32, {2}, {0.25F, NAN}), 1)->differ, 1);
  EXPECT_EQ(codes_difference(zero, tensor_of<float>(kFloat32, {2}, {0, 1}))->first, std::vector<int64_t>{1});
  EXPECT_EQ(codes_difference(int32s({1}, {1 << 30}), int32s({1}, {-(1 << 30)}))->most, 2147483648.0);
}

TEST(CodesDifference, ComparesOneKindOnly) {
  test::expect_error(ErrorKind::kInternal, "int16 [1] is compared with int32 [1]",
                     [] { (void)codes_difference(int16s({1}, {0}), int32s({1}, {0})); });
  test::expect_error(ErrorKind::kInternal, "elements of float64 are not compared",
                     [] { (void)codes_difference(testing::doubles({1}, {0}), testing::doubles({1}, {1})); });
}

}  // namespace
}  // namespace vernier::core
