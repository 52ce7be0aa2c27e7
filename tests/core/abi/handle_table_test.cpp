#include "abi/handle_table.h"

#include <gtest/gtest.h>

#include <random>

namespace vernier::core {
namespace {

using Values = HandleTable<int, HandleKind::kValue>;

TEST(HandleTable, GivesBackWhatWasPutIn) {
  Values table;
  const uint64_t a = table.add(1), b = table.add(2);
  EXPECT_NE(a, b);
  EXPECT_EQ(*table.find(a), 1);
  EXPECT_EQ(*table.find(b), 2);
}

TEST(HandleTable, AStaleHandleNamesNothingEvenWhenItsSlotIsUsedAgain) {
  Values table;
  const uint64_t old = table.add(1);
  table.release(old);
  EXPECT_EQ(table.find(old), nullptr);
  const uint64_t fresh = table.add(2);
  EXPECT_EQ(fresh & 0xffffffffu, old & 0xffffffffu) << "the slot is reused";
  EXPECT_EQ(table.find(old), nullptr);
  EXPECT_EQ(*table.find(fresh), 2);
  table.release(old);
  EXPECT_EQ(*table.find(fresh), 2) << "releasing a stale handle does nothing";
}

TEST(HandleTable, AHandleOfAnotherKindOrNoKindNamesNothing) {
  Values values;
  HandleTable<int, HandleKind::kSite> sites;
  const uint64_t site = sites.add(1);
  values.add(2);
  EXPECT_EQ(values.find(site), nullptr);
  EXPECT_EQ(values.find(0), nullptr);
  EXPECT_EQ(values.find(~uint64_t{0}), nullptr);
}

TEST(HandleTable, SurvivesInventedHandles) {
  Values table;
  const uint64_t real = table.add(7);
  std::mt19937_64 random(1);
  for (int i = 0; i < 100000; ++i) {
    const uint64_t invented = random();
    if (invented != real) {
      EXPECT_EQ(table.find(invented), nullptr);
    }
  }
}

}  // namespace
}  // namespace vernier::core
