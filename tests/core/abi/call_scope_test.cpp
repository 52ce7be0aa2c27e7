#include "abi/call_scope.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "abi/host_services.h"
#include "abi/plugin_host.h"
#include "kernels/thread_pool.h"

namespace vernier::core {
namespace {

vernier_string text(std::string_view words) { return {words.data(), words.size()}; }

TEST(CallScope, TheInnermostCountsAndOneThreadDoesNotSeeTheOther) {
  EXPECT_EQ(CallScope::current(), nullptr);
  EXPECT_FALSE(CallScope::any());
  const CallScope outer(nullptr, "outer", "a");
  {
    const CallScope inner(nullptr, "inner", "b");
    EXPECT_STREQ(CallScope::current()->plugin(), "inner");
    std::thread([] {
      EXPECT_EQ(CallScope::current(), nullptr);
      std::vector<std::string> others;
      CallScope::each([&](const CallScope& call) { others.emplace_back(call.plugin()); });
      EXPECT_EQ(others, std::vector<std::string>{"inner"}) << "what a crash on this thread names";
    }).join();
  }
  EXPECT_STREQ(CallScope::current()->plugin(), "outer");
  EXPECT_TRUE(CallScope::any());
}

// What a trial takes for one call that does not return.
TEST(CallScope, CallsWithinCallsDoNotCountAsBegun) {
  const uint64_t before = CallScope::begun();
  {
    const CallScope outer(nullptr, "outer", "a");
    for (int i = 0; i < 3; ++i) const CallScope inner(nullptr, "inner", "b");
    EXPECT_EQ(CallScope::begun(), before + 1);
  }
  std::thread([] { const CallScope other(nullptr, "other", "c"); }).join();
  EXPECT_EQ(CallScope::begun(), before + 2);
}

TEST(CallScope, MoreThreadsThanItShowsAreNoHarm) {
  constexpr int kThreads = CallScope::kThreads + 8;
  std::atomic<int> inside{0};
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      const CallScope call(nullptr, "many", "");
      ++inside;
      while (!done) std::this_thread::yield();
    });
  }
  while (inside < kThreads) std::this_thread::yield();
  int seen = 0;
  CallScope::each([&](const CallScope&) { ++seen; });
  EXPECT_EQ(seen, CallScope::kThreads);
  done = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(CallScope::any());
}

// A failed call inside another leaves what the outer one recorded before.
TEST(CallScope, EachCallHasItsErrorObject) {
  ThreadPool pool(1);
  HostServices session(pool);
  try {
    session.call("outer.plugin", "outer place", [&]() -> vernier_status {
      fail(VERNIER_NOT_FOUND, "the first reason");
      try {
        session.call("inner.plugin", "inner place",
                     [] { return fail(VERNIER_DATA_LOSS, "the inner reason"); });
        ADD_FAILURE() << "no error";
      } catch (const Error& error) {
        EXPECT_EQ(error.status(), VERNIER_DATA_LOSS);
        EXPECT_EQ(error.kind(), ErrorKind::kData);
        EXPECT_EQ(error.diagnostics().size(), 1u);
        EXPECT_EQ(error.diagnostics()[0].where, "inner place (plugin inner.plugin)");
      }
      return fail(VERNIER_OUT_OF_RANGE, "the second reason");
    });
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), VERNIER_OUT_OF_RANGE);
    ASSERT_EQ(error.diagnostics().size(), 2u);
    EXPECT_EQ(error.diagnostics()[0].what, "the second reason");
    EXPECT_EQ(error.diagnostics()[1].what, "caused by: the first reason");
  }
}

// What the plugin returned is what the host's error carries; a code of a later ABI is VERNIER_INTERNAL.
TEST(HostServices, AnErrorCarriesTheStatusThatThePluginReturned) {
  ThreadPool pool(1);
  HostServices session(pool);
  for (vernier_status code = -1; code <= 13; ++code) {
    if (code == VERNIER_OK) continue;
    const vernier_status wanted =
        code < VERNIER_OK || code > VERNIER_DATA_DEPENDENT ? VERNIER_INTERNAL : code;
    for (bool speaks : {false, true}) {
      try {
        session.call("org.example", "", [&] { return speaks ? fail(code, "because") : code; });
        ADD_FAILURE() << "no error for " << code;
      } catch (const Error& error) {
        EXPECT_EQ(error.status(), wanted) << code;
      }
    }
  }
}

TEST(HostServices, AnErrorOfTheHostHasItsOwnStatusOrThatOfItsKind) {
  const struct {
    Error error;
    vernier_status status;
  } rows[] = {{usage_error("x"), VERNIER_INVALID_ARGUMENT},
              {plugin_error("x"), VERNIER_INVALID_ARGUMENT},
              {data_error("x"), VERNIER_DATA_LOSS},
              {internal_error("x"), VERNIER_INTERNAL},
              {Error(ErrorKind::kGate, Diagnostic{"x", {}, {}}), VERNIER_FAILED_PRECONDITION},
              {data_error("x").with(VERNIER_NOT_FOUND), VERNIER_NOT_FOUND}};
  for (const auto& row : rows) {
    EXPECT_EQ(row.error.status(), row.status);
    EXPECT_EQ(answer([&] { throw row.error; }), row.status);
    EXPECT_EQ(take_error(row.status).kind(), row.error.kind());
  }
  EXPECT_EQ(answer([] { throw std::bad_alloc(); }), VERNIER_OUT_OF_MEMORY);
  EXPECT_EQ(answer([] { throw std::runtime_error("x"); }), VERNIER_INTERNAL);
  EXPECT_EQ(answer([] { throw 1; }), VERNIER_INTERNAL);
  clear_error();
}

// A line belongs to the session whose call the thread is in; on a plugin's own thread to the only session
// there is.
TEST(HostServices, ALineGoesToTheSessionOfTheCall) {
  ThreadPool pool(1);
  const PluginHost plugin("org.example");
  const auto log = [&](const char* words) {
    plugin.table()->log(plugin.table()->context, VERNIER_LOG_DEBUG, text(words));
  };
  const auto texts = [](const HostServices& session) {
    std::vector<std::string> result;
    for (const LogLine& line : session.lines()) result.push_back(line.plugin + ": " + line.text);
    return result;
  };
  using Lines = std::vector<std::string>;
  HostServices first(pool);
  std::thread([&] { log("alone"); }).join();
  EXPECT_EQ(texts(first), Lines{"org.example: alone"});
  HostServices second(pool);
  std::thread([&] {
    const CallScope call(&second, "org.example", "");
    log("in the second");
  }).join();
  {
    const CallScope call(&first, "org.example", "");
    log("in the first");
    const CallScope inner(nullptr, "org.example", "");
    log("in none");
  }
  std::thread([&] { log("nobody knows whose"); }).join();
  EXPECT_EQ(texts(first), (Lines{"org.example: alone", "org.example: in the first"}));
  EXPECT_EQ(texts(second), Lines{"org.example: in the second"});
}

TEST(PluginHost, SurvivesNullTexts) {
  const PluginHost plugin("org.example");
  const vernier_host& host = *plugin.table();
  const vernier_string nothing = {nullptr, 5};
  host.log(host.context, VERNIER_LOG_DEBUG, nothing);
  host.log(nullptr, VERNIER_LOG_DEBUG, text("x"));
  EXPECT_EQ(host.get_interface(host.context, nothing), nullptr);
  EXPECT_EQ(host.get_interface(host.context, text("vernier.ops/2")), nullptr);
  EXPECT_NE(host.get_interface(host.context, text("vernier.ops/1")), nullptr);
  EXPECT_EQ(host.fail(host.context, VERNIER_NOT_FOUND, nothing), VERNIER_NOT_FOUND);
  EXPECT_EQ(host.fail(host.context, VERNIER_OK, text("x")), VERNIER_INTERNAL);
  EXPECT_EQ(host.fail(host.context, 99, text("x")), 99);
  clear_error();
}

}  // namespace
}  // namespace vernier::core
