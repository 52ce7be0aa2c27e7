#include "kernels/thread_pool.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "vernier/core/error.h"

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

// Of a loop in which most chunks fail.
void expect_the_lowest_error(ThreadPool& pool) {
  try {
    pool.parallel_for(0, 100, 1, [](int64_t first, int64_t) {
      if (first >= 7) throw std::runtime_error(std::to_string(first));
    });
    FAIL();
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "7");
  }
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
      expect_the_lowest_error(pool);
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

// A team of fresh threads, of which only `there` come.
ThreadPool::Team team_of(int there, std::atomic<int>& asked) {
  return [there, &asked](int threads, const std::function<void()>& work) {
    asked = threads;
    std::vector<std::thread> others;
    for (int i = 1; i < std::min(there, threads); ++i) others.emplace_back(work);
    work();
    for (std::thread& other : others) other.join();
  };
}

TEST(ThreadPool, RunsLoopsOnATeamHoweverManyCome) {
  for (int there : {1, 2, 5}) {
    std::atomic<int> asked{0};
    ThreadPool pool(3);
    pool.use_team(team_of(there, asked));
    EXPECT_EQ(chunks_of(pool, 0, 10, 4), (Chunks{{0, 4}, {4, 8}, {8, 10}}));
    EXPECT_EQ(asked, 3);
    EXPECT_EQ(chunks_of(pool, 0, 8, 4), (Chunks{{0, 4}, {4, 8}}));
    EXPECT_EQ(asked, 2) << "no more threads than chunks";
    EXPECT_EQ(chunks_of(pool, 0, 4, 4), (Chunks{{0, 4}}));
    EXPECT_EQ(asked, 2) << "one chunk needs no team";
    expect_the_lowest_error(pool);
  }
}

TEST(ThreadPool, WithOneThreadNeverCallsTheTeam) {
  std::atomic<int> asked{0};
  ThreadPool pool(1);
  pool.use_team(team_of(5, asked));
  EXPECT_EQ(chunks_of(pool, 0, 10, 4).size(), 3u);
  EXPECT_EQ(asked, 0);
}

TEST(ThreadPool, SessionsShareTheThreadsAndTheirNumber) {
  auto first = ThreadPool::of_process(3);
  const auto second = ThreadPool::of_process(5);
  EXPECT_EQ(first->threads(), 3);
  EXPECT_EQ(second->threads(), 3) << "the number is the first session's";
  first.reset();
  EXPECT_EQ(ThreadPool::of_process(5)->threads(), 3) << "the second session still runs";
}

TEST(ThreadPool, TheNextSessionBringsItsOwnNumber) {
  EXPECT_EQ(ThreadPool::of_process(2)->threads(), 2);
  EXPECT_EQ(ThreadPool::of_process(5)->threads(), 5);
}

TEST(ThreadPool, TwoSessionsLoopAtOnce) {
  const auto first = ThreadPool::of_process(3), second = ThreadPool::of_process(3);
  std::atomic<int64_t> sum{0};
  const auto loops = [&sum](ThreadPool& pool) {
    for (int i = 0; i < 500; ++i) pool.parallel_for(0, 100, 1, [&](int64_t begin, int64_t) { sum += begin; });
  };
  std::thread other([&] { loops(*second); });
  loops(*first);
  other.join();
  EXPECT_EQ(sum, 2 * 500 * 4950);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VERNIER_TEST_IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VERNIER_TEST_IS_SANITIZED 1
#endif
#endif

#ifndef VERNIER_TEST_IS_SANITIZED  // whose shadow memory no limit of addresses allows
// Ends the process as the command line would.
template <typename Use>
void use_under_a_limit(const Use& use) {
  rlimit little{};
  little.rlim_cur = little.rlim_max = uint64_t{300} << 20;
  setrlimit(RLIMIT_AS, &little);
  ThreadPool pool(300);
  try {
    use(pool);
  } catch (const Error& error) {
    std::fputs(error.format().c_str(), stderr);
    std::_Exit(error.exit_code());
  }
  std::_Exit(0);
}

TEST(ThreadPool, ThreadsThatDoNotStartAreAnError) {
  const auto loop = [](ThreadPool& pool) { pool.parallel_for(0, 1000, 1, [](int64_t, int64_t) {}); };
  const auto require = [](ThreadPool& pool) { pool.require_threads(); };
  const char* const text = "a pool of 300 threads cannot be started: Resource temporarily unavailable";
  EXPECT_EXIT(use_under_a_limit(loop), testing::ExitedWithCode(2), text);
  EXPECT_EXIT(use_under_a_limit(require), testing::ExitedWithCode(2), text);
}
#endif

TEST(ThreadPool, StartsNoThreadBeforeALoopWantsOne) {
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  std::thread([] {}).join();  // with it a sanitizer starts a thread of its own, to stay
  const auto before = threads();
  ThreadPool pool(4);
  EXPECT_EQ(threads(), before);
  pool.parallel_for(0, 1, 1, [](int64_t, int64_t) {});  // one chunk: the caller's
  EXPECT_EQ(threads(), before);
  pool.parallel_for(0, 100, 1, [](int64_t, int64_t) {});
  EXPECT_EQ(threads(), before + 3);
}

}  // namespace
}  // namespace vernier::core
