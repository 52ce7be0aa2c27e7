// What a person, a log and a program see of a run's progress, second by second.
#include "vernier/progress.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "support/temp_folder.h"

namespace vernier::app {
namespace {

class Progress : public ::testing::Test {
 protected:
  // Seconds of the clock beside what is told then.
  struct Told {
    double second;
    core::Progress progress;
  };

  std::string shown(ProgressForm form, const std::vector<Told>& all, int columns = 80) {
    const std::filesystem::path path = folder_ / "shown";
    std::FILE* file = std::fopen(path.c_str(), "w");
    double now = 0;
    {
      ProgressView view(
          form, file, [&] { return now; }, columns);
      for (const Told& one : all) {
        now = one.second;
        view.show(one.progress);
      }
    }
    std::fclose(file);
    return test::read_file(path);
  }

  test::TempFolder folder_;
  const std::vector<Told> run_ = {
      {0, {"plan", "<root> (Linear): 1 modules"}},    {100, {"calibrate", "calibrating on 40 samples"}},
      {100.5, {"calibrate", {}, 1, 40, "samples"}},   {102, {"calibrate", {}, 4, 40, "samples"}},
      {102.05, {"calibrate", {}, 5, 40, "samples"}},  {104, {"calibrate", {}, 20, 40, "samples"}},
      {104.97, {"calibrate", {}, 39, 40, "samples"}}, {105, {"calibrate", {}, 40, 40, "samples"}},
      {105, {"evaluate", "evaluating on 2 samples"}}};
};

TEST_F(Progress, LinesAreOneAPhase) {
  EXPECT_EQ(shown(ProgressForm::kLines, run_),
            "<root> (Linear): 1 modules\ncalibrating on 40 samples\nevaluating on 2 samples\n");
  EXPECT_EQ(shown(ProgressForm::kNone, run_), "");
}

TEST_F(Progress, OnATerminalCountsAreWrittenOverAndGo) {
  EXPECT_EQ(shown(ProgressForm::kTerminal, run_),
            "<root> (Linear): 1 modules\ncalibrating on 40 samples\n"
            "\r\033[K  4 of 40 samples, 2 a second, 18 s left"
            "\r\033[K  20 of 40 samples, 5 a second, 4 s left"
            "\r\033[K  39 of 40 samples, 7.8 a second, 0 s left"
            "\r\033[Kevaluating on 2 samples\n")
      << "none in the first second, none within a tenth of the one before, none when all is done";
}

TEST_F(Progress, ALineThatIsOpenGoesWithTheView) {
  const std::vector<Told> broken(run_.begin(), run_.begin() + 4);
  const std::string text = shown(ProgressForm::kTerminal, broken);
  EXPECT_EQ(text.substr(text.size() - 4), "\r\033[K");
}

TEST_F(Progress, CountsFitTheTerminal) {
  const std::string text = shown(ProgressForm::kTerminal, {run_[1], run_[3]}, 12);
  EXPECT_EQ(text, "calibrating on 40 samples\n\r\033[K  4 of 40 s\r\033[K");
}

TEST_F(Progress, WhatNobodyKnowsIsLeftOut) {
  EXPECT_EQ(shown(ProgressForm::kTerminal,
                  {{0, {"observe_weights", "observing"}}, {3700, {"observe_weights", {}, 3, 0, "weights"}}}),
            "observing\n\r\033[K  3 weights, 0.00081 a second\r\033[K");
  EXPECT_EQ(shown(ProgressForm::kTerminal,
                  {{0, {"verify", "verifying"}}, {100, {"verify", {}, 1, 1000, "samples"}}}),
            "verifying\n\r\033[K  1 of 1000 samples, 0.01 a second, 27 h 45 min left\r\033[K");
}

TEST_F(Progress, EventsAreJson) {
  std::istringstream lines(shown(ProgressForm::kEvents, run_));
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(events.size(), run_.size() - 1) << "without the one that came too soon";
  const nlohmann::json begun = {{"phase", "calibrate"},
                                {"text", "calibrating on 40 samples"},
                                {"done", 0},
                                {"total", nullptr},
                                {"unit", nullptr},
                                {"seconds", 0.0},
                                {"seconds_left", nullptr}};
  EXPECT_EQ(events[1], begun);
  const nlohmann::json counted = {{"phase", "calibrate"}, {"text", nullptr},   {"done", 20},
                                  {"total", 40},          {"unit", "samples"}, {"seconds", 4.0},
                                  {"seconds_left", 4.0}};
  EXPECT_EQ(events[4], counted);
  EXPECT_EQ(events[6].at("seconds_left"), 0.0) << "the last of a phase, however soon";
}

TEST_F(Progress, ATextThatIsNoUtf8IsStillJson) {
  const std::string line = shown(ProgressForm::kEvents, {{0, {"plan", "caf\xe9"}}});
  EXPECT_EQ(nlohmann::json::parse(line).at("text"), "caf\xef\xbf\xbd");
}

}  // namespace
}  // namespace vernier::app
