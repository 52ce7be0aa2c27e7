#include "abi/handle_space.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <thread>

#include "abi/call_scope.h"
#include "abi/host_services.h"
#include "kernels/thread_pool.h"

namespace vernier::core {
namespace {

HandleTarget target(uint32_t item) { return {nullptr, item, nullptr}; }

TEST(HandleSpace, GivesBackWhatWasPutIn) {
  HandleSpace space;
  const uint64_t a = space.add(HandleKind::kValue, target(1)), b = space.add(HandleKind::kValue, target(2));
  EXPECT_NE(a, b);
  EXPECT_EQ((*space.find(HandleKind::kValue, a)).item, 1u);
  EXPECT_EQ((*space.find(HandleKind::kValue, b)).item, 2u);
}

TEST(HandleSpace, AStaleHandleNamesNothingEvenWhenItsSlotIsUsedAgain) {
  HandleSpace space;
  const uint64_t old = space.add(HandleKind::kValue, target(1));
  space.release(old);
  EXPECT_FALSE(space.find(HandleKind::kValue, old));
  const uint64_t fresh = space.add(HandleKind::kValue, target(2));
  EXPECT_EQ(fresh & 0xffffffffu, old & 0xffffffffu) << "the slot is reused";
  EXPECT_FALSE(space.find(HandleKind::kValue, old));
  space.release(old);
  EXPECT_EQ((*space.find(HandleKind::kValue, fresh)).item, 2u) << "releasing a stale handle does nothing";
}

TEST(HandleSpace, AHandleOfAnotherKindOrNoKindNamesNothing) {
  HandleSpace space;
  const uint64_t site = space.add(HandleKind::kSite, target(1));
  EXPECT_TRUE(space.find(HandleKind::kSite, site));
  for (HandleKind other :
       {HandleKind::kValue, HandleKind::kModule, HandleKind::kParameter, HandleKind::kContext,
        HandleKind::kGraph, HandleKind::kSink, HandleKind::kResults}) {
    EXPECT_FALSE(space.find(other, site));
    const uint64_t renamed = (site & 0x00ffffffffffffffull) | uint64_t{static_cast<uint8_t>(other)}
                                                                  << 56;  // the kind bits changed
    EXPECT_FALSE(space.find(other, renamed));
  }
  EXPECT_FALSE(space.find(HandleKind::kSite, 0));
  EXPECT_FALSE(space.find(HandleKind::kSite, ~uint64_t{0}));
}

TEST(HandleSpace, SurvivesInventedHandles) {
  HandleSpace space;
  const uint64_t real = space.add(HandleKind::kValue, target(7));
  std::mt19937_64 random(1);
  for (int i = 0; i < 100000; ++i) {
    const uint64_t invented = random();
    if (invented == real) continue;
    EXPECT_FALSE(space.find(HandleKind::kValue, invented));
    space.release(invented);
  }
  EXPECT_TRUE(space.find(HandleKind::kValue, real));
}

TEST(HandleSpace, ASlotWhoseGenerationsAreUsedUpIsLeft) {
  HandleSpace space;
  const uint64_t first = space.add(HandleKind::kValue, target(0));
  uint64_t last = first;
  do {
    space.release(last);
    last = space.add(HandleKind::kValue, target(0));
  } while ((last & 0xffffffffu) == (first & 0xffffffffu));
  EXPECT_FALSE(space.find(HandleKind::kValue, first)) << "the first handle would have come again";
  EXPECT_EQ(last, (uint64_t{1} << 56 | uint64_t{1} << 32) + (first & 0xffffffffu) + 1);
}

TEST(HandleSpace, ReleaseWaitsForWhoUsesTheHandle) {
  HandleSpace space;
  const uint64_t handle = space.add(HandleKind::kGraph, target(5));
  std::atomic<bool> released{false};
  std::thread releaser;
  {
    const HandleSpace::Pin pin = space.find(HandleKind::kGraph, handle);
    releaser = std::thread([&] {
      space.release(handle);
      released = true;
    });
    while (space.find(HandleKind::kGraph, handle)) std::this_thread::yield();
    EXPECT_FALSE(released);
    EXPECT_EQ((*pin).item, 5u);
  }
  releaser.join();
  EXPECT_TRUE(released);
}

TEST(HandleSpace, ThreadsShareIt) {
  HandleSpace space;
  std::vector<std::thread> threads;
  std::vector<std::set<uint64_t>> seen(4);
  for (uint32_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 3000; ++i) {
        const uint64_t handle = space.add(HandleKind::kValue, target(t));
        EXPECT_TRUE(seen[t].insert(handle).second);
        EXPECT_EQ((*space.find(HandleKind::kValue, handle)).item, t);
        if (i % 3 != 0) space.release(handle);
        EXPECT_EQ(static_cast<bool>(space.find(HandleKind::kValue, handle)), i % 3 == 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<uint64_t> all;
  size_t count = 0;
  for (const auto& one : seen) {
    all.insert(one.begin(), one.end());
    count += one.size();
  }
  EXPECT_EQ(all.size(), count) << "two threads got the same handle";
}

// What a handle of one session is in the hands of a plugin that another session calls.
TEST(Lease, IsValidInItsOwnSessionAndAsLongAsItLives) {
  ThreadPool pool(1);
  HostServices first(pool), second(pool);
  const auto* graph = reinterpret_cast<const GraphAccess*>(&pool);  // never looked into
  uint64_t handle = 0;
  {
    const Lease<HandleKind::kGraph> lease(first, *graph, 3);
    handle = lease.handle();
    EXPECT_TRUE(Found<HandleKind::kGraph>(handle)) << "a thread of the plugin's own";
    {
      const CallScope call(&first, "org.example", "here");
      const Found<HandleKind::kGraph> found(handle);
      ASSERT_TRUE(found);
      EXPECT_TRUE(found.is_of(*graph));
      EXPECT_EQ(found.item(), 3u);
      EXPECT_FALSE(Found<HandleKind::kResults>(handle));
      const CallScope other(&second, "org.example", "there");
      EXPECT_FALSE(Found<HandleKind::kGraph>(handle)) << "the innermost call is another session's";
    }
  }
  EXPECT_FALSE(Found<HandleKind::kGraph>(handle));
}

}  // namespace
}  // namespace vernier::core
