#include "program/steps/tokens.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"

namespace vernier::core::steps {
namespace {

using namespace core::testing;
using ::testing::ElementsAre;

constexpr int64_t kImage = 9;

std::vector<int32_t> source(const std::vector<int32_t>& tokens, const std::vector<int32_t>& soft_tokens,
                            int64_t pictures, int64_t rows = 3) {
  const auto count = static_cast<int64_t>(tokens.size());
  return elements<int32_t>(fusion_source(int32s({1, count}, tokens),
                                         int32s({static_cast<int64_t>(soft_tokens.size())}, soft_tokens),
                                         pictures, kImage, rows, {count}));
}

TEST(FusionSource, NamesARowForEachToken) {
  // Rows 0 to 4 are the text's, 5 to 7 those of picture 0, 8 to 10 those of picture 1.
  EXPECT_THAT(source({1, 2, 3, 4, 5}, {0, 0}, 0), ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(source({1, 9, 9, 4, 5}, {2, 0}, 1), ElementsAre(0, 5, 6, 3, 4));
  EXPECT_THAT(source({9, 9, 7, 9, 9}, {2, 2}, 2), ElementsAre(5, 6, 2, 8, 9));
  EXPECT_THAT(source({9, 9, 9, 9, 1}, {3, 1}, 2), ElementsAre(5, 6, 7, 8, 4));
  EXPECT_THAT(source({1, 9, 9, 1, 1}, {0, 2}, 2), ElementsAre(0, 8, 9, 3, 4));
  // Of pictures beyond the request's nothing counts.
  EXPECT_THAT(source({9, 1, 1, 1, 1}, {1, 3}, 1), ElementsAre(5, 1, 2, 3, 4));
}

TEST(FusionSource, RefusesOtherNumbersOfImageTokens) {
  const struct {
    std::vector<int32_t> tokens, soft;
    int64_t pictures;
    const char* text;
  } rows[] = {{{1, 9, 9}, {1}, 1, "the prompt has 2 image tokens (9), its 1 pictures have 1 soft tokens"},
              {{1, 2, 9}, {0}, 0, "the prompt has 1 image tokens (9), its 0 pictures have 0 soft tokens"},
              {{1, 2, 3}, {2, 1}, 2, "the prompt has 0 image tokens (9), its 2 pictures have 3 soft tokens"},
              {{9, 9, 9}, {4}, 1, "picture 0 has 4 soft tokens; each picture has 3 rows"},
              {{9, 9, 9}, {3, -1}, 2, "picture 1 has -1 soft tokens; each picture has 3 rows"},
              {{9, 9, 9}, {3}, 2, "2 pictures, and soft tokens of 1 are counted"}};
  for (const auto& row : rows)
    test::expect_error(ErrorKind::kData, row.text, [&] { (void)source(row.tokens, row.soft, row.pictures); });
}

TEST(RequireImageTokens, TakesOnePlaceAlone) {
  require_image_tokens(int32s({1, 5}, {1, 9, 9, 4, 5}), kImage, 1, 2);
  require_image_tokens(int32s({1, 2}, {1, 2}), kImage, 1, 0);
  const struct {
    std::vector<int32_t> tokens;
    const char* text;
  } rows[] = {{{9, 9, 4, 5, 6}, "token 0 of the prompt is an image token (9)"},
              {{1, 9, 4, 5, 6}, "token 2 of the prompt is no image token (9)"},
              {{1, 9, 9, 4, 9}, "token 4 of the prompt is an image token (9)"}};
  for (const auto& row : rows)
    test::expect_error(ErrorKind::kData, row.text, [&] {
      require_image_tokens(int32s({1, 5}, row.tokens), kImage, 1, 2);
    });
}

TEST(Softcap, Saturates) {
  const std::vector<float> capped = elements<float>(softcap(doubles({1, 4}, {0, 30, -300, 1e300}), 30));
  EXPECT_THAT(capped, ElementsAre(0, static_cast<float>(30 * std::tanh(1.0)),
                                  static_cast<float>(30 * std::tanh(-10.0)), 30));
}

TEST(Argmax, IsTheLowestIndexOfTheGreatest) {
  EXPECT_TRUE(is_same(argmax(doubles({1, 2, 3}, {1, 5, 5, -2, -2, -3}), {2}), int32s({2}, {1, 0})));
  EXPECT_TRUE(is_same(argmax(doubles({1, 1, 1}, {-INFINITY}), {1, 1}), int32s({1, 1}, {0})));
  test::expect_error(ErrorKind::kData, "a score is NaN", [] {
    (void)argmax(doubles({1, 2}, {1, std::numeric_limits<double>::quiet_NaN()}), {1});
  });
}

}  // namespace
}  // namespace vernier::core::steps
