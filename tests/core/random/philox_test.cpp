#include "random/philox.h"

#include <gtest/gtest.h>

#include <set>

namespace vernier::core {
namespace {

using Words = std::array<uint32_t, 4>;

// The known answers that the authors publish with Random123 (kat_vectors, philox4x32 10).
TEST(Philox, GivesThePublishedAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Words{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (Words{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD}));
  EXPECT_EQ(philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}),
            (Words{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1}));
}

TEST(RandomStream, DependsOnSeedNameIndexBlockAndAttempt) {
  const std::set<Words> all = {RandomStream(1, "a", 0).words(0),
                               RandomStream(2, "a", 0).words(0),
                               RandomStream(1, "b", 0).words(0),
                               RandomStream(1, "a", 1).words(0),
                               RandomStream(1, "a", 0).words(1),
                               RandomStream(1, "a", 0).words(0, 1),
                               RandomStream(uint64_t{1} << 32, "a", 0).words(0),
                               RandomStream(1, "a", 0).words(uint64_t{1} << 32)};
  EXPECT_EQ(all.size(), 8u);
  EXPECT_EQ(RandomStream(1, "a", 0).words(5), RandomStream(1, "a", 0).words(5));
}

}  // namespace
}  // namespace vernier::core
