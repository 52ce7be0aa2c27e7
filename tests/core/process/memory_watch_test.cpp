// The watch sees what comes and goes between two looks of its owner.
#include "process/memory_watch.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <chrono>
#include <cstring>
#include <thread>

namespace vernier::core {
namespace {

constexpr size_t kBytes = size_t{48} << 20;

// Touches anonymous memory for a while and gives it back.
void take_and_return() {
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  std::memset(memory, 1, kBytes);
  std::this_thread::sleep_for(std::chrono::milliseconds(20 * MemoryWatch::kMilliseconds));
  ::munmap(memory, kBytes);
}

TEST(MemoryWatch, KeepsThePeak) {
  MemoryWatch watch;
  const uint64_t before = watch.peak();
  ASSERT_GT(before, 0u);
  take_and_return();
  EXPECT_GE(watch.peak(), before + kBytes - (kBytes >> 4));
  EXPECT_GE(watch.take_peak(), before + kBytes - (kBytes >> 4));
  EXPECT_LT(watch.take_peak(), before + kBytes / 2) << "since the last call only";
  EXPECT_GE(watch.peak(), before + kBytes - (kBytes >> 4)) << "since the beginning";
}

TEST(MemoryWatch, EndsAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) MemoryWatch watch;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

}  // namespace
}  // namespace vernier::core
