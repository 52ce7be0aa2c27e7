#include "kernels/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

namespace vernier::core {
namespace {

using Chunks = std::set<std::pair<int64_t, int64_t>>;

Chunks chunks_of(ThreadPool& pool, int64_t begin, int64_t end, int64_t grain) {
  std::mutex mutex;
  Chunks result;
  pool.parallel_for(begin, end, grain, [&](int64_t first, int64_t last) {
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(result.emplace(first, last).second);
  });
  return result;
}

TEST(ThreadPool, CutsTheSameChunksForAnyThreadCount) {
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    EXPECT_EQ(chunks_of(pool, 0, 10, 4), (Chunks{{0, 4}, {4, 8}, {8, 10}}));
    EXPECT_EQ(chunks_of(pool, 3, 4, 100), (Chunks{{3, 4}}));
    EXPECT_EQ(chunks_of(pool, -2, 2, 2), (Chunks{{-2, 0}, {0, 2}}));
    EXPECT_EQ(chunks_of(pool, 5, 5, 1), Chunks{});
    EXPECT_EQ(chunks_of(pool, 5, 4, 1), Chunks{});
    EXPECT_EQ(chunks_of(pool, 0, 1000, 1).size(), 1000u);
  }
}

TEST(ThreadPool, ZeroMeansTheHardware) { EXPECT_GE(ThreadPool(0).threads(), 1); }

TEST(ThreadPool, WorksOnSeveralThreads) {
  ThreadPool pool(2);
  std::atomic<int> here{0};
  // Ends only when both chunks run at once.
  pool.parallel_for(0, 2, 1, [&](int64_t, int64_t) {
    for (++here; here < 2;) std::this_thread::yield();
  });
  EXPECT_EQ(here, 2);
}

TEST(ThreadPool, RethrowsTheLowestOfSeveralErrors) {
  for (int threads : {1, 2, 5}) {
    ThreadPool pool(threads);
    for (int repeat = 0; repeat < 50; ++repeat) {
      try {
        pool.parallel_for(0, 100, 1, [](int64_t first, int64_t) {
          if (first >= 7) throw std::runtime_error(std::to_string(first));
        });
        FAIL();
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "7");
      }
      EXPECT_EQ(chunks_of(pool, 0, 3, 1).size(), 3u);  // still of use
    }
  }
}

TEST(ThreadPool, LoopsMayNestAndComeFromManyThreads) {
  ThreadPool pool(3);
  std::atomic<int64_t> sum{0};
  const auto work = [&] {
    pool.parallel_for(0, 8, 1, [&](int64_t outer, int64_t) {
      pool.parallel_for(0, 100, 7, [&](int64_t first, int64_t last) { sum += outer * 0 + (last - first); });
    });
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(sum, 2 * 8 * 100);
}

}  // namespace
}  // namespace vernier::core
