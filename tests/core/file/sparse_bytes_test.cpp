#include "file/sparse_bytes.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

TEST(SparseBytes, HoldWhatWasAppendedButForBlocksOfOneValue) {
  std::mt19937 random(1);
  SparseBytes sparse(1 << 20);
  std::vector<std::byte> all;
  for (int i = 0; i < 200; ++i) {
    std::vector<std::byte> part(random() % 9000);
    if (i % 3 == 0) std::fill(part.begin(), part.end(), std::byte{7});
    if (i % 3 == 1 && !part.empty()) part.back() = std::byte{1};  // else zeros
    const bool fits = all.size() + part.size() <= 1 << 20;
    ASSERT_EQ(sparse.append(part), fits);
    if (i % 3 == 0) std::fill_n(part.begin(), part.size() / 4096 * 4096, std::byte{0});
    if (fits) all.insert(all.end(), part.begin(), part.end());
  }
  ASSERT_EQ(sparse.bytes().size(), all.size());
  EXPECT_EQ(std::memcmp(sparse.bytes().data(), all.data(), all.size()), 0);
  const SparseBytes moved = std::move(sparse);
  EXPECT_EQ(std::memcmp(moved.bytes().data(), all.data(), all.size()), 0);
}

TEST(SparseBytes, OfMoreThanThereAreAddressesAreAnError) {
  test::expect_error(ErrorKind::kInternal, "no addresses", [] { const SparseBytes all(uint64_t{1} << 62); });
}

TEST(SparseBytes, WithoutRoomTakeNothingButNothing) {
  SparseBytes none;
  const std::byte one{1};
  EXPECT_FALSE(none.append({&one, 1}));
  EXPECT_TRUE(none.append({}));
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace vernier::core
