#include "program/steps/patches.h"

#include <gmock/gmock.h>

#include <cmath>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"

namespace vernier::core::steps {
namespace {

using namespace core::testing;
using ::testing::ElementsAre;

// Columns and rows of slots.
Tensor positions(const std::vector<int32_t>& values) {
  return int32s({1, static_cast<int64_t>(values.size() / 2), 2}, values);
}
// A grid row by row, and behind it slots of padding.
Tensor grid(int32_t rows, int32_t columns, int padding = 0) {
  std::vector<int32_t> values;
  for (int32_t row = 0; row < rows; ++row) {
    for (int32_t column = 0; column < columns; ++column) values.insert(values.end(), {column, row});
  }
  values.insert(values.end(), static_cast<size_t>(2 * padding), -1);
  return positions(values);
}

TEST(PatchPositions, AreIndices) {
  EXPECT_TRUE(is_same(patch_positions(positions({3, 0, 0, 7, -1, -1})), positions({3, 0, 0, 7, 0, 0})));
}

TEST(PatchPositions, RefuseWhatIsNoPlace) {
  for (const auto& [values, text] :
       {std::pair(std::vector<int32_t>{0, 0, -1, 4}, "the patch of slot 1 stands at column -1 and row 4"),
        std::pair(std::vector<int32_t>{4, -1}, "the patch of slot 0 stands at column 4 and row -1"),
        std::pair(std::vector<int32_t>{-2, -2}, "the patch of slot 0 stands at column -2 and row -2")}) {
    test::expect_error(ErrorKind::kData, text, [&, &bad = values] { (void)patch_positions(positions(bad)); });
    test::expect_error(ErrorKind::kData, text,
                       [&, &bad = values] { (void)count_soft_tokens(positions(bad), 1); });
  }
}

TEST(PadPatches, RepeatsTheLastPatch) {
  const Tensor pixels = int16s({1, 4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_TRUE(is_same(pad_patches(pixels, positions({0, 0, 1, 0, -1, -1, -1, -1})),
                      int16s({1, 4, 2}, {1, 2, 3, 4, 3, 4, 3, 4})));
  EXPECT_TRUE(is_same(pad_patches(pixels, positions({-1, -1, 0, 0, -1, -1, 1, 0})),
                      int16s({1, 4, 2}, {7, 8, 3, 4, 7, 8, 7, 8})));
  test::expect_error(ErrorKind::kData, "the picture has no patches",
                     [&] { (void)pad_patches(pixels, grid(0, 0, 4)); });
}

TEST(PatchMask, HidesPadding) {
  const Tensor two = positions({0, 0, 1, 0, -1, -1});
  EXPECT_TRUE(is_same(patch_mask(two, {1, 1, 1, 3}, 120, false), test::floats({1, 1, 1, 3}, {0, 0, -120})));
  EXPECT_TRUE(is_same(patch_mask(two, {3, 3}, 120, false),
                      test::floats({3, 3}, {0, 0, -120, 0, 0, -120, 0, 0, -120})));
  EXPECT_TRUE(is_same(patch_mask(two, {3, 3}, 120, true),
                      test::floats({3, 3}, {0, 0, -120, 0, 0, -120, -120, -120, -120})));
}

TEST(PatchRotary, TurnsByColumnAndByRow) {
  // Head 8: 4 elements an axis, frequencies 1 and theta^(-4 / 8) = 1/10.
  const CosAndSin made = patch_rotary(positions({2, 3, -1, -1}), {1, 2, 8}, 100, true);
  const auto cosine = [](double angle) { return static_cast<float>(std::cos(angle)); };
  const auto sine = [](double angle) { return static_cast<float>(std::sin(angle)); };
  const double tenth = std::pow(100.0, -0.5);
  EXPECT_THAT(elements<float>(made.cos),
              ElementsAre(cosine(2), cosine(2 * tenth), cosine(2), cosine(2 * tenth), cosine(3),
                          cosine(3 * tenth), cosine(3), cosine(3 * tenth), 1, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_THAT(elements<float>(made.sin),
              ElementsAre(-sine(2), -sine(2 * tenth), sine(2), sine(2 * tenth), -sine(3), -sine(3 * tenth),
                          sine(3), sine(3 * tenth), 0, 0, 0, 0, 0, 0, 0, 0));
  const CosAndSin plain = patch_rotary(positions({2, 3}), {1, 8}, 100, false);
  EXPECT_EQ(plain.sin.as<float>()[0], sine(2));
}

TEST(PoolWeights, AreTheMeanOfEachSquare) {
  // 2 rows and 4 columns in squares of 2: columns 0 and 1 are square 0, 2 and 3 square 1.
  EXPECT_TRUE(is_same(pool_weights(grid(2, 4, 4), {1, 3, 12}, 2),
                      test::floats({1, 3, 12}, {0.25F, 0.25F, 0,     0, 0.25F, 0.25F, 0,     0, 0, 0, 0, 0, 0,
                                                0,     0.25F, 0.25F, 0, 0,     0.25F, 0.25F, 0, 0, 0, 0, 0, 0,
                                                0,     0,     0,     0, 0,     0,     0,     0, 0, 0})));
  // The places decide, not the slots.
  EXPECT_TRUE(
      is_same(pool_weights(positions({1, 0, 0, 0}), {1, 2, 2}, 1), test::floats({1, 2, 2}, {0, 1, 1, 0})));
  EXPECT_EQ(pool_weights(grid(3, 3), {1, 1, 9}, 3).as<float>()[0], static_cast<float>(1.0 / 9.0));
}

TEST(CountSoftTokens, IsTheNumberOfSquares) {
  const struct {
    int32_t rows, columns;
    int64_t side;
    int32_t wanted;
  } rows[] = {{9, 12, 3, 12}, {9, 9, 3, 9}, {2, 4, 2, 2}, {1, 1, 1, 1}};
  for (const auto& row : rows)
    EXPECT_TRUE(
        is_same(count_soft_tokens(grid(row.rows, row.columns, 2), row.side), int32s({1}, {row.wanted})));
}

TEST(PoolWeights, RefusePicturesThatAreNoGrid) {
  const struct {
    Tensor positions;
    int64_t side;
    const char* text;
  } rows[] = {{grid(0, 0, 3), 1, "the picture has no patches"},
              {positions({0, 0, 2, 0}), 1,
               "the picture has 2 patches, which do not fill a grid of 1 rows and 3 columns of patches"},
              {positions({0, 0, 0, 0, 1, 1, 1, 0}), 1, "two patches stand at column 0 and row 0"},
              {positions({2147483647, 2147483647}), 1, "which do not fill a grid of 2147483648 rows"},
              {grid(2, 3), 2,
               "a grid of 2 rows and 3 columns of patches is no whole number of squares of 2 patches"}};
  for (const auto& row : rows) {
    const int64_t slots = row.positions.shape[1];
    test::expect_error(ErrorKind::kData, row.text, [&] {
      (void)pool_weights(row.positions, {1, slots, slots}, row.side);
    });
    test::expect_error(ErrorKind::kData, row.text, [&] { (void)count_soft_tokens(row.positions, row.side); });
  }
  test::expect_error(ErrorKind::kData, "the picture has 4 squares of 1 patches; there is room for 3", [] {
    (void)pool_weights(grid(2, 2), {1, 3, 4}, 1);
  });
}

TEST(RequireGrid, TakesThatGridAlone) {
  require_grid(grid(2, 3, 1), 2, 3);
  const struct {
    Tensor positions;
    const char* text;
  } rows[] = {
      {grid(3, 2, 1), "slot 2 has the patch at column 0 and row 1"},
      {grid(2, 4), "slot 3 has the patch at column 3 and row 0"},
      {positions({0, 0, 1, 0, 2, 0, 0, 1, 1, 1, 2, 1, 3, 1}), "slot 6 has the patch at column 3 and row 1"}};
  for (const auto& row : rows)
    test::expect_error(ErrorKind::kData, row.text, [&] { require_grid(row.positions, 2, 3); });
  test::expect_error(ErrorKind::kData, "slot 5 has no patch", [] { require_grid(grid(1, 5, 1), 1, 6); });
  test::expect_error(
      ErrorKind::kData,
      "these files take pictures of 2 rows and 3 columns of patches, row by row from slot 0 on",
      [] { require_grid(grid(3, 2), 2, 3); });
}

}  // namespace
}  // namespace vernier::core::steps
