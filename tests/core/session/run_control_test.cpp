// A session stops in every phase, says what it does, and leaves others alone.
#include "vernier/core/run_control.h"

#include <gmock/gmock.h>

#include <thread>

#include "core/session/run_recipe.h"
#include "vernier/core/error.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

// 20 samples, one file, which is executed on all of them.
SessionOptions session(const test::TempFolder& folder, const RunControl& control) {
  SessionOptions options;
  options.recipe = source_file("configs/gemma4_embedder.json");
  options.overrides = {"export.0.verify={}", "evaluation.samples=20"};
  options.out = folder / "run";
  options.device = &make_reference_device;
  options.control = &control;
  return options;
}

struct Heard {
  std::string phase;
  uint64_t done, total;
  bool operator==(const Heard&) const = default;
};

TEST(RunControl, ARunSaysEachPhaseAndCountsItsSamples) {
  const test::TempFolder folder;
  std::vector<std::string> phases, lines;
  std::map<std::string, std::vector<Heard>> counted;
  const RunControl control([&](const Progress& p) {
    if (p.done == 0) {
      phases.emplace_back(p.phase);
      EXPECT_FALSE(p.text.empty());
    } else {
      counted[std::string(p.phase)].push_back({std::string(p.phase), p.done, p.total});
    }
  });
  (void)run(session(folder, control));
  EXPECT_THAT(phases, ElementsAre("plan", "observe_weights", "calibrate", "evaluate", "export", "verify"));
  for (const char* phase : {"calibrate", "evaluate", "verify"}) {
    ASSERT_EQ(counted[phase].size(), 20u) << phase;
    for (uint64_t i = 0; i < 20; ++i) EXPECT_EQ(counted[phase][i], (Heard{phase, i + 1, 20}));
  }
}

struct Moment {
  const char* phase;
  uint64_t done;
};

TEST(RunControl, AStopInAnyPhaseEndsTheRunThereAndWritesNothing) {
  const Moment table[] = {{"plan", 0},      {"observe_weights", 0}, {"observe_weights", 1}, {"calibrate", 0},
                          {"calibrate", 7}, {"evaluate", 0},        {"evaluate", 7},        {"evaluate", 20},
                          {"export", 0},    {"verify", 0},          {"verify", 7},          {"verify", 20}};
  for (const Moment& moment : table) {
    const test::TempFolder folder;
    RunControl* asked = nullptr;
    int after = 0;
    RunControl control([&](const Progress& p) {
      if (asked->stop_requested()) ++after;
      if (p.phase == moment.phase && p.done == moment.done) asked->request_stop(Stop::kTerminate);
    });
    asked = &control;
    try {
      (void)run(session(folder, control));
      ADD_FAILURE() << moment.phase << " " << moment.done << ": the run did not stop";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kTerminated) << moment.phase << " " << moment.done;
      EXPECT_STREQ(error.what(), "stopped by the user (SIGTERM)");
    }
    EXPECT_EQ(after, 0) << moment.phase << " " << moment.done << ": work went on";
    EXPECT_FALSE(std::filesystem::exists(folder / "run")) << moment.phase << " " << moment.done;
  }
}

TEST(RunControl, PlanAndVerifyStopToo) {
  const test::TempFolder folder;
  RunControl control;
  const SessionOptions options = session(folder, control);
  (void)run(options);
  VerifyOptions file;
  file.file = folder / "run/embed_vision.q.circle";
  (void)plan(options);
  (void)verify(options, file);
  control.request_stop();
  const auto kind_of = [](const std::function<void()>& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::kInternal;
  };
  EXPECT_EQ(kind_of([&] { (void)plan(options); }), ErrorKind::kInterrupted);
  EXPECT_EQ(kind_of([&] { (void)verify(options, file); }), ErrorKind::kInterrupted);
  EXPECT_EQ(kind_of([&] { (void)run(options); }), ErrorKind::kInterrupted);
  EXPECT_TRUE(std::filesystem::exists(file.file)) << "the stopped run removed an earlier result";
}

TEST(RunControl, OfTwoSessionsSideBySideOneIsStopped) {
  const test::TempFolder stopped_folder, other_folder;
  RunControl* asked = nullptr;
  RunControl stopped([&](const Progress& p) {
    if (p.phase == "calibrate" && p.done == 3) asked->request_stop();
  });
  asked = &stopped;
  const RunControl other;
  ErrorKind kind = ErrorKind::kInternal;
  std::thread thread([&] {
    try {
      (void)run(session(stopped_folder, stopped));
    } catch (const Error& error) {
      kind = error.kind();
    }
  });
  EXPECT_NO_THROW((void)run(session(other_folder, other)));
  thread.join();
  EXPECT_EQ(kind, ErrorKind::kInterrupted);
  EXPECT_FALSE(std::filesystem::exists(stopped_folder / "run"));
  EXPECT_TRUE(std::filesystem::exists(other_folder / "run/embed_vision.q.circle"));
}

}  // namespace
}  // namespace vernier::core::testing
