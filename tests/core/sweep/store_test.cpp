// Values in memory and in the scratch file.
#include "sweep/store.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"
#include "support/temporary_place.h"
#include "support/tensors.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;

std::vector<float> elements_of(const Tensor& x) { return {x.as<float>(), x.as<float>() + x.elements()}; }

TEST(Store, GivesBackWhatItGotUntilItIsDropped) {
  Store store(1000);
  const Store::Id a = store.put(test::floats({2}, {1, 2})), b = store.put(test::floats({1, 1}, {3}));
  EXPECT_EQ(store.memory_bytes(), 12U);
  EXPECT_EQ(store.file_bytes(), 0U);
  EXPECT_THAT(elements_of(store.get(a)), ElementsAre(1, 2));
  EXPECT_THAT(elements_of(store.get(a)), ElementsAre(1, 2));
  EXPECT_EQ(store.get(b).shape, (Shape{1, 1}));
  store.drop(a);
  EXPECT_EQ(store.memory_bytes(), 4U);
  EXPECT_EQ(store.size(), 1U);
}

TEST(Store, WhatPassesTheLimitGoesToTheFileAndComesBackEqual) {
  Store store(8);
  const Store::Id a = store.put(test::floats({2}, {1, 2})), b = store.put(test::floats({3}, {3, 4, 5}));
  const Store::Id empty = store.put(test::floats({0, 2}, {}));
  EXPECT_EQ(store.memory_bytes(), 8U);
  EXPECT_EQ(store.file_bytes(), 12U);
  EXPECT_THAT(elements_of(store.get(b)), ElementsAre(3, 4, 5));
  EXPECT_EQ(store.get(empty).shape, (Shape{0, 2}));
  store.drop(a);
  const Store::Id c = store.put(test::floats({1}, {6}));
  EXPECT_EQ(store.memory_bytes(), 4U) << "room in memory is used again";
  EXPECT_THAT(elements_of(store.get(c)), ElementsAre(6));
  store.drop(b);
  EXPECT_EQ(store.file_bytes(), 0U);
}

TEST(Store, RoomInTheFileIsUsedAgain) {
  Store store(0);
  const Store::Id a = store.put(test::floats({2}, {1, 2})), b = store.put(test::floats({2}, {3, 4}));
  store.drop(a);
  const Store::Id c = store.put(test::floats({2}, {5, 6})), d = store.put(test::floats({1}, {7}));
  EXPECT_THAT(elements_of(store.get(b)), ElementsAre(3, 4));
  EXPECT_THAT(elements_of(store.get(c)), ElementsAre(5, 6));
  EXPECT_THAT(elements_of(store.get(d)), ElementsAre(7));
  EXPECT_EQ(store.file_bytes(), 20U);
}

TEST(Store, TakesOverWithoutACopyWhatFits) {
  Store store(8);
  const Tensor x = test::floats({2}, {1, 2});
  const Store::Id a = store.take(x), b = store.take(x);
  EXPECT_EQ(store.get(a).data, x.data);
  EXPECT_NE(store.get(b).data, x.data) << "there is no room in memory";
  EXPECT_THAT(elements_of(store.get(b)), ElementsAre(1, 2));
  EXPECT_EQ(store.memory_bytes(), 8U);
  EXPECT_EQ(store.file_bytes(), 8U);
  store.drop(a);
  EXPECT_EQ(store.memory_bytes(), 0U);
}

TEST(Store, CopiesWhatCouldKeepMoreAliveAndNotWhatAFileHolds) {
  Store store(100);
  const Tensor x = test::floats({2}, {1, 2});
  EXPECT_NE(store.get(store.put(x)).data, x.data);
  Tensor mapped = x;
  mapped.is_mapped = true;
  const uint64_t before = store.memory_bytes();
  const Store::Id id = store.put(mapped);
  EXPECT_EQ(store.get(id).data, x.data);
  EXPECT_EQ(store.memory_bytes(), before);
  store.drop(id);
  EXPECT_EQ(store.memory_bytes(), before);
}

TEST(Store, ItsFileHasNoName) {
  const test::TemporaryPlace place;
  Store store(0);
  const Store::Id id = store.put(test::floats({2}, {1, 2}));
  EXPECT_TRUE(place.is_empty());
  EXPECT_THAT(elements_of(store.get(id)), ElementsAre(1, 2));
}

TEST(Store, WithoutAFolderForItTheErrorSaysSo) {
  test::TemporaryPlace place;
  place.take_away();
  Store store(0);
  test::expect_error(ErrorKind::kData, "$TMPDIR", [&] { (void)store.put(test::floats({1}, {1})); });
  EXPECT_EQ(store.size(), 0U);
}

}  // namespace
}  // namespace vernier::core
