#include "file/flat_bytes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Where FlatBuffers wants an address of a multiple of eight.
struct alignas(8) Room {
  std::array<std::byte, 64> bytes{};
};

TEST(FlatBytes, AreCopiedOnlyWhereTheyDoNotBeginAligned) {
  Room room;
  for (size_t i = 0; i < room.bytes.size(); ++i) room.bytes[i] = static_cast<std::byte>(i);
  const std::span<const std::byte> all = room.bytes;
  EXPECT_EQ(FlatBytes(all).get().data(), all.data());
  for (size_t shift = 1; shift < 8; ++shift) {
    const FlatBytes shifted(all.subspan(shift, 40));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(shifted.data()) % 8, 0u);
    EXPECT_TRUE(std::ranges::equal(shifted.get(), all.subspan(shift, 40)));
  }
}

// The verifier lets it through: its length lies at an aligned place, its elements four bytes behind.
TEST(FlatList, ReadsElementsWhereverTheyLie) {
  Room room;
  for (const size_t place : {size_t{0}, size_t{4}}) {
    const uint32_t count = 2;
    const std::array<int64_t, 2> values = {-3, int64_t{1} << 40};
    std::memcpy(room.bytes.data() + place, &count, sizeof(count));
    std::memcpy(room.bytes.data() + place + sizeof(count), values.data(), sizeof(values));
    const auto* vector = reinterpret_cast<const flatbuffers::Vector<int64_t>*>(room.bytes.data() + place);
    EXPECT_THAT(flat_list(vector), ElementsAre(-3, int64_t{1} << 40)) << place;
  }
  EXPECT_THAT(flat_list(static_cast<const flatbuffers::Vector<int64_t>*>(nullptr)), IsEmpty());
}

}  // namespace
}  // namespace vernier::core
