// Blocks of memory: what is used and what is kept never pass what tensors used at most by more than a slack.
#include "tensor/memory_blocks.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "process/memory_watch.h"
#include "tensor/tensor.h"

namespace vernier::core {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

class Blocks : public ::testing::Test {
 protected:
  // Under a sanitizer everything lies in its heap.
  void SetUp() override {
    void* memory = blocks_.take(kMiB);
    const bool has_blocks = blocks_.sizes().used != 0;
    blocks_.give_back(memory);
    blocks_.release();
    if (!has_blocks) GTEST_SKIP() << "a sanitizer's heap holds all tensors";
  }
  MemoryBlocks blocks_;
};

TEST_F(Blocks, AreTakenAgainWholeOrInPart) {
  void* first = blocks_.take(4 * kMiB);
  blocks_.give_back(first);
  EXPECT_EQ(blocks_.sizes().kept, 4 * kMiB);
  EXPECT_EQ(blocks_.take(4 * kMiB - 5), first);
  EXPECT_EQ(blocks_.sizes().used, 4 * kMiB);
  blocks_.give_back(first);
  auto* front = static_cast<std::byte*>(blocks_.take(3 * kMiB));
  EXPECT_EQ(front, first);
  EXPECT_EQ(blocks_.sizes().kept, kMiB);
  void* rest = blocks_.take(kMiB);
  EXPECT_EQ(rest, front + 3 * kMiB);
  // Neighbours become one block again, whichever comes back first.
  blocks_.give_back(rest);
  blocks_.give_back(front);
  EXPECT_EQ(blocks_.take(4 * kMiB), first);
  blocks_.give_back(first);
  EXPECT_EQ(blocks_.sizes().most_used, 4 * kMiB);
}

TEST_F(Blocks, GoInPartBeforeTheProcessTakesMore) {
  static_assert(MemoryBlocks::kSlack == 4 * kMiB);
  void* one = blocks_.take(8 * kMiB);
  void* other = blocks_.take(2 * kMiB);
  blocks_.give_back(one);
  void* large = blocks_.take(8 * kMiB + 4096);  // does not fit into the one that is kept
  EXPECT_EQ(blocks_.sizes().used, 10 * kMiB + 4096);
  EXPECT_EQ(blocks_.sizes().kept, 4 * kMiB - 4096);
  blocks_.give_back(large);
  blocks_.give_back(other);
  EXPECT_EQ(blocks_.sizes().most_used, 10 * kMiB + 4096);
}

// Of each sample the same tensors, of which the last fits into none of the places that are free then: from
// the second sample on all lie where pages are already.
TEST_F(Blocks, StayForTheNextSample) {
  for (unsigned char sample = 1; sample <= 4; ++sample) {
    auto* input = static_cast<unsigned char*>(blocks_.take(kMiB));
    auto* rows = static_cast<unsigned char*>(blocks_.take(kMiB + 4096));
    blocks_.give_back(input);
    auto* output = static_cast<unsigned char*>(blocks_.take(2 * kMiB));
    if (sample > 1) {
      EXPECT_NE(rows[0], 0) << int{sample};
      EXPECT_NE(output[0], 0) << int{sample};
    }
    std::memset(rows, sample, kMiB + 4096);
    std::memset(output, sample, 2 * kMiB);
    blocks_.give_back(rows);
    blocks_.give_back(output);
  }
  EXPECT_EQ(blocks_.sizes().most_used, 3 * kMiB + 4096);
}

TEST_F(Blocks, SmallOnesLieInTheHeap) {
  void* memory = blocks_.take(MemoryBlocks::kSmallest - 1);
  EXPECT_EQ(blocks_.sizes().used, 0u);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % MemoryBlocks::kAlignment, 0u);
  blocks_.give_back(memory);
  void* none = blocks_.take(0);
  EXPECT_NE(none, nullptr);
  blocks_.give_back(none);
  blocks_.give_back(nullptr);
}

TEST_F(Blocks, MoreThanThereIsThrows) {
  EXPECT_THROW((void)blocks_.take(size_t{1} << 62), std::bad_alloc);
  EXPECT_THROW((void)blocks_.take(~size_t{0}), std::bad_alloc);
}

TEST_F(Blocks, NeverPassWhatWasUsedAtMostButForTheSlack) {
  std::mt19937 random(3);
  std::vector<std::pair<unsigned char*, size_t>> held;
  uint64_t live = 0, most = 0;
  for (int step = 0; step < 3000; ++step) {
    if (held.empty() || random() % 5 < 3) {
      const size_t bytes = MemoryBlocks::kSmallest + random() % (2 * kMiB);
      auto* memory = static_cast<unsigned char*>(blocks_.take(bytes));
      memory[0] = memory[bytes - 1] = static_cast<unsigned char>(held.size());
      held.emplace_back(memory, bytes);
      live += bytes;
    } else {
      std::swap(held[random() % held.size()], held.back());
      live -= held.back().second;
      blocks_.give_back(held.back().first);
      held.pop_back();
    }
    if (held.size() > 40) {
      for (const auto& [memory, bytes] : held) blocks_.give_back(memory);
      held.clear();
      live = 0;
    }
    most = std::max(most, live);
    const MemoryBlocks::Sizes sizes = blocks_.sizes();
    ASSERT_LE(sizes.used + sizes.kept, sizes.most_used + MemoryBlocks::kSlack) << "step " << step;
    ASSERT_GE(sizes.used, live);
    ASSERT_LE(sizes.used, live + held.size() * (size_t{64} << 10));
  }
  for (const auto& [memory, bytes] : held) blocks_.give_back(memory);
  EXPECT_EQ(blocks_.sizes().used, 0u);
  blocks_.release();
  EXPECT_EQ(blocks_.sizes().kept, 0u);
}

TEST_F(Blocks, GoBackToTheSystem) {
  const uint64_t before = anonymous_memory();
  void* memory = blocks_.take(64 * kMiB);
  std::memset(memory, 1, 64 * kMiB);
  EXPECT_GT(anonymous_memory(), before + 60 * kMiB);
  blocks_.give_back(memory);
  EXPECT_GT(anonymous_memory(), before + 60 * kMiB) << "kept";
  blocks_.release();
  EXPECT_LT(anonymous_memory(), before + 4 * kMiB);
}

TEST_F(Blocks, ServeSeveralThreads) {
  const auto work = [&](unsigned char mark) {
    for (int i = 0; i < 200; ++i) {
      const size_t bytes = MemoryBlocks::kSmallest + static_cast<size_t>(i % 7) * 4096;
      auto* memory = static_cast<unsigned char*>(blocks_.take(bytes));
      std::memset(memory, mark, bytes);
      ASSERT_EQ(memory[0], mark);
      ASSERT_EQ(memory[bytes - 1], mark);
      blocks_.give_back(memory);
    }
  };
  std::thread one(work, 1), other(work, 2);
  one.join();
  other.join();
  EXPECT_EQ(blocks_.sizes().used, 0u);
}

TEST_F(Blocks, HoldTensors) {
  const MemoryBlocks::Sizes before = MemoryBlocks::of_process().sizes();
  Tensor tensor = Tensor::allocate(kFloat32, {1024, 1024});
  EXPECT_EQ(MemoryBlocks::of_process().sizes().used, before.used + 4 * kMiB);
  const Tensor copy = tensor;
  tensor = {};
  EXPECT_EQ(MemoryBlocks::of_process().sizes().used, before.used + 4 * kMiB) << "the copy shares it";
}

}  // namespace
}  // namespace vernier::core
