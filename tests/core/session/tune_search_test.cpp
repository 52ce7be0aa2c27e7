// The search of a tune, over sets whose answers are known.
#include "session/tune_search.h"

#include <gmock/gmock.h>

namespace vernier::core {
namespace {

using ::testing::ElementsAre;

std::vector<size_t> rows_in(const RowSet& rows) {
  std::vector<size_t> found;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i]) found.push_back(i);
  }
  return found;
}

// Rows that a target wants, all of them.
MeetsTarget wants(const std::vector<size_t>& wanted, int* asked = nullptr) {
  return [wanted, asked](const RowSet& rows) {
    if (asked != nullptr) ++*asked;
    for (const size_t row : wanted) {
      if (!rows[row]) return false;
    }
    return true;
  };
}

TEST(FewestRows, FindsExactlyWhatIsNeededWhereverItIsRanked) {
  const std::vector<size_t> order = {3, 0, 5, 1, 4, 2};
  for (const std::vector<size_t>& wanted :
       std::vector<std::vector<size_t>>{{}, {3}, {2}, {0, 5}, {1, 3, 4}, {0, 1, 2, 3, 4, 5}}) {
    EXPECT_EQ(rows_in(fewest_rows(order, wants(wanted))), wanted);
  }
}

TEST(FewestRows, TakesBackTheCheapestFirst) {
  // Any two of rows 0, 1, 2 are enough.
  const MeetsTarget two = [](const RowSet& rows) { return rows[0] + rows[1] + rows[2] >= 2; };
  EXPECT_THAT(rows_in(fewest_rows({2, 1, 0}, two)), ElementsAre(1, 2));
  const MeetsTarget pair = [](const RowSet& rows) { return rows[1] && (rows[0] || rows[2]); };
  EXPECT_THAT(rows_in(fewest_rows({0, 2, 1}, pair)), ElementsAre(0, 1));
}

TEST(FewestRows, GivesAllWhereNothingIsEnough) {
  const MeetsTarget never = [](const RowSet&) { return false; };
  EXPECT_THAT(rows_in(fewest_rows({1, 0}, never)), ElementsAre(0, 1));
  EXPECT_TRUE(fewest_rows({}, never).empty());
}

TEST(FewestRows, AsksALogarithmAndThenARowEach) {
  std::vector<size_t> order;
  for (size_t i = 0; i < 100; ++i) order.push_back(i);
  int asked = 0;
  EXPECT_THAT(rows_in(fewest_rows(order, wants({0, 3}, &asked))), ElementsAre(0, 3));
  EXPECT_LE(asked, 2 + 7 + 4);
}

}  // namespace
}  // namespace vernier::core
