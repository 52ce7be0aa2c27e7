#include "program/steps/moving.h"

#include <gmock/gmock.h>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"

namespace vernier::core::steps {
namespace {

using namespace core::testing;
using ::testing::ElementsAre;

// Elements tell where they stand: 100 * axis 0 + 10 * axis 1 + axis 2.
Tensor cube() { return int16s({2, 3, 2}, {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}); }

TEST(Row, IsOneIndexOfAnAxis) {
  EXPECT_TRUE(is_same(row(cube(), 0, 1, {1, 3, 2}), int16s({1, 3, 2}, {100, 101, 110, 111, 120, 121})));
  EXPECT_TRUE(is_same(row(cube(), 1, 2, {2, 2}), int16s({2, 2}, {20, 21, 120, 121})));
  EXPECT_TRUE(is_same(row(cube(), 2, 0, {2, 3, 1}), int16s({2, 3, 1}, {0, 10, 20, 100, 110, 120})));
  for (const int64_t index : {-1, 3})
    test::expect_error(ErrorKind::kData,
                       "there is no index " + std::to_string(index) + " on axis 1 of [2, 3, 2]", [&] {
                         (void)row(cube(), 1, index, {2, 2});
                       });
}

// Rows 1, 2, 3, ... of two columns, written into zeros.
std::vector<int32_t> written(const RowsWritten& which, int64_t rows = 4, int64_t slots = 5) {
  Tensor given = Tensor::allocate(kInt32, {rows});
  for (int64_t i = 0; i < rows; ++i) given.mutable_as<int32_t>()[i] = static_cast<int32_t>(i + 1);
  Tensor into = int32s({slots}, std::vector<int32_t>(static_cast<size_t>(slots)));
  write_rows(given, into, which);
  return elements<int32_t>(into);
}

TEST(WriteRows, WritesSomeAndKeepsTheOthers) {
  EXPECT_THAT(written({0, 0, 3, 0, 0, false}), ElementsAre(1, 2, 3, 0, 0));
  EXPECT_THAT(written({0, 1, 2, 3, 0, false}), ElementsAre(0, 0, 0, 2, 3));
  EXPECT_THAT(written({0, 0, 0, 5, 0, false}), ElementsAre(0, 0, 0, 0, 0));
}

TEST(WriteRows, GoesRoundARing) {
  EXPECT_THAT(written({0, 0, 2, 4, 5, false}), ElementsAre(2, 0, 0, 0, 1));
  // Of more rows than slots the last ones stay: 1 to 4 in slots 0, 1, 2, 0.
  EXPECT_THAT(written({0, 0, 4, 0, 3, false}), ElementsAre(4, 2, 3, 0, 0));
  EXPECT_THAT(written({0, 0, 1, 17, 3, false}), ElementsAre(0, 0, 1, 0, 0));
}

TEST(WriteRows, LeavesOutWhatIsBeyondWhereItMay) {
  EXPECT_THAT(written({0, 0, 4, 3, 0, true}), ElementsAre(0, 0, 0, 1, 2));
  EXPECT_THAT(written({0, 0, 1, 5, 0, true}), ElementsAre(0, 0, 0, 0, 0));
  EXPECT_THAT(written({0, 0, 1, 9, 0, true}), ElementsAre(0, 0, 0, 0, 0));
}

TEST(WriteRows, AlongAnInnerAxisKeepsEachOuterIndexApart) {
  Tensor into = int16s({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  write_rows(cube(), into, {1, 2, 1, 0, 0, false});
  EXPECT_TRUE(is_same(into, int16s({2, 2, 2}, {20, 21, 3, 4, 120, 121, 7, 8})));
}

TEST(WriteRows, RefusesBeforeItWrites) {
  const struct {
    RowsWritten which;
    const char* text;
  } rows[] = {{{0, 0, 3, 3, 0, false},
               "3 rows from row 3 on do not fit the 5 rows that there are: the cache is full"},
              {{0, 2, 3, 0, 0, false}, "rows 2 to 4 of 4 are to be written"},
              {{0, 0, 5, 0, 9, true}, "rows 0 to 4 of 4 are to be written"},
              {{0, 0, 1, -1, 0, true}, "rows 0 to 0 of 4 are to be written"}};
  for (const auto& row : rows) {
    Tensor into = int32s({5}, {9, 9, 9, 9, 9});
    test::expect_error(ErrorKind::kData, row.text, [&] {
      write_rows(int32s({4}, {1, 2, 3, 4}), into, row.which);
    });
    EXPECT_THAT(elements<int32_t>(into), ElementsAre(9, 9, 9, 9, 9));
  }
}

TEST(Concat, PutsOneBehindTheOther) {
  EXPECT_TRUE(is_same(concat(int32s({1, 2}, {1, 2}), int32s({1, 1}, {3}), 1), int32s({1, 3}, {1, 2, 3})));
  EXPECT_TRUE(is_same(concat(int32s({2, 1}, {1, 2}), int32s({2, 2}, {3, 4, 5, 6}), 1),
                      int32s({2, 3}, {1, 3, 4, 2, 5, 6})));
  EXPECT_TRUE(
      is_same(concat(int32s({1, 2}, {1, 2}), int32s({1, 2}, {3, 4}), 0), int32s({2, 2}, {1, 2, 3, 4})));
}

TEST(Reshape, IsTheSameMemory) {
  const Tensor x = cube(), y = reshape(x, {12});
  EXPECT_EQ(y.data, x.data);
  EXPECT_EQ(y.shape, Shape{12});
}

TEST(ReplaceToken, PutsAnotherInItsPlace) {
  EXPECT_TRUE(is_same(replace_token(int32s({1, 4}, {5, 9, 9, 0}), 9, 0), int32s({1, 4}, {5, 0, 0, 0})));
  EXPECT_TRUE(is_same(replace_token(tensor_of<int64_t>(kInt64, {2}, {5, 9}), 5, 9),
                      tensor_of<int64_t>(kInt64, {2}, {9, 9})));
}

}  // namespace
}  // namespace vernier::core::steps
