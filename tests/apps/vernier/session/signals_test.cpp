// SIGINT, SIGTERM, SIGHUP: the first one stops a run, the second one ends it whatever a plugin does; nothing
// is left.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>

#include "command_line.h"
#include "ends_fixture.h"

namespace vernier::test {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// A machine that compiles beside the test is slow; VERNIER_TEST_SIGNALS (make signals) has the contract's
// half second.
const char* const kMany = std::getenv("VERNIER_TEST_SIGNALS");
const milliseconds kAtOnce{kMany != nullptr ? 500 : 3000};

// True where a process of the host's own loads the plugin: its command line has this word.
bool is_tried(const std::string& word = "vernier-probe") {
  for (const auto& one : std::filesystem::directory_iterator("/proc")) {
    const std::string words = read_file(one.path() / "cmdline");
    if (words.find(word) != std::string::npos && words.find(kEndsPlugin) != std::string::npos) return true;
  }
  return false;
}

bool probe_ends_soon() {
  for (const auto end = Clock::now() + kAtOnce; is_tried();) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return true;
}

class Signals : public EndsTest {
 protected:
  void expect_waited_for_and_ended(const Place& place, int signal) {
    const std::string end = std::string(place.name) + ":loop";
    const auto before = contents(out());
    Program run = start("run", end, place.observes);
    ASSERT_TRUE(appears(mark())) << end << "\n" << run.text();
    run.send(signal);
    EXPECT_EQ(run.wait(milliseconds(200)), -1) << end << ": the run ended though a plugin did not return";
    EXPECT_THAT(run.text(),
                HasSubstr("the run stops when this call returns; a second signal ends it at once"));
    EXPECT_THAT(run.text(), HasSubstr("(plugin org.example.fixture.ends)")) << end;
    run.send(signal);
    EXPECT_EQ(run.wait(kAtOnce), 128 + signal) << end << "\n" << run.text();
    EXPECT_FALSE(run.ended_by_default()) << end;
    expect_result(place, before, end);
  }
};

TEST_F(Signals, ThatAPluginDoesNotAnswerAreSaidAndTheSecondEnds) {
  const int kinds[] = {SIGINT, SIGTERM, SIGHUP};
  size_t turn = 0;
  for (const bool observes : {false, true}) {
    Program good = start("run", "", observes);  // an earlier result that must stay
    ASSERT_EQ(good.wait(), 0) << good.text();
    for (const Place& place : kPlaces) {
      if (place.observes == observes) expect_waited_for_and_ended(place, kinds[turn++ % 3]);
    }
    std::filesystem::remove_all(out());
  }
}

TEST_F(Signals, DuringAProbeEndItsProcess) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Program run = start("run", "static initializer:loop", false, true);
    ASSERT_TRUE(appears(mark()));
    ASSERT_TRUE(is_tried());
    run.send_to_group(signal);  // as the terminal does; the probe is not in the group
    EXPECT_EQ(run.wait(kAtOnce), 128 + signal) << run.text();
    EXPECT_FALSE(run.ended_by_default());
    EXPECT_THAT(run.text(), HasSubstr("stopped by the user"));
    EXPECT_FALSE(is_tried());
    EXPECT_FALSE(std::filesystem::exists(out()));
  }
}

TEST_F(Signals, DuringATrialEndItsProcess) {
  isolates_ = true;
  for (const int signal : {SIGINT, SIGTERM}) {
    Program run = start("run", "forward:loop");
    ASSERT_TRUE(appears(mark()));
    ASSERT_TRUE(is_tried(std::string("trial") + '\0'));
    run.send_to_group(signal);
    EXPECT_EQ(run.wait(kAtOnce), 128 + signal) << run.text();
    EXPECT_FALSE(run.ended_by_default());
    EXPECT_THAT(run.text(), HasSubstr("stopped by the user"));
    EXPECT_FALSE(is_tried(std::string("trial") + '\0'));
    EXPECT_FALSE(std::filesystem::exists(out()));
  }
}

TEST_F(Signals, EndCommandsThatWriteNothingByDefault) {
  for (const char* place : {"constructor", "static initializer", "destructor"}) {
    Program plan = start("plan", std::string(place) + ":loop");
    ASSERT_TRUE(appears(mark())) << place;
    plan.send(SIGTERM);
    EXPECT_EQ(plan.wait(kAtOnce), 143) << place;
    EXPECT_TRUE(plan.ended_by_default()) << place;
  }
  Program plan = start("plan", "static initializer:loop", false, true);
  ASSERT_TRUE(appears(mark()));
  plan.send_to_group(SIGINT);
  EXPECT_EQ(plan.wait(kAtOnce), 130);
  EXPECT_TRUE(plan.ended_by_default());
  EXPECT_TRUE(probe_ends_soon()) << "the probe outlives the host";
}

TEST_F(Signals, EndTheInspectionOfManyTensors) {
  std::string header = "{";
  for (int i = 0; i < 300000; ++i)
    header += (i == 0 ? "\"t" : ",\"t") + std::to_string(i) +
              R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  header += "}";
  const uint64_t length = header.size();
  write_file(folder_ / "many.safetensors", std::string(reinterpret_cast<const char*>(&length), 8) + header);
  Program inspect({"inspect", (folder_ / "many.safetensors").string()}, {}, folder_.path());
  std::this_thread::sleep_for(milliseconds(100));
  inspect.send(SIGINT);
  EXPECT_EQ(inspect.wait(kAtOnce), 130);
  EXPECT_TRUE(inspect.ended_by_default());
}

TEST_F(Signals, ThatWereIgnoredStayIgnored) {
  const Outcome outcome =
      run_vernier("plan " + recipe(false) + " --plugin " + kEndsPlugin,
                  "trap '' HUP; kill -HUP $$; VERNIER_TEST_END=constructor:hangup XDG_CACHE_HOME=" +
                      (folder_ / "cache").string());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.text;
}

// What a run at a random moment does with one signal.
struct Figures {
  int runs = 0, stopped = 0, finished = 0, before_main = 0;
  double longest = 0, total = 0;
  std::vector<std::string> files;  // of a complete run
};

std::vector<std::string> names_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& one : contents(folder)) names.push_back(one.first);
  return names;
}

void signal_at(const TempFolder& folder, milliseconds moment, int signal, Figures& figures) {
  const std::string recipe = VERNIER_SOURCE_DIR "/configs/gemma4_embedder.json";
  const std::filesystem::path out = folder / "run";
  const std::string inputs =
      R"(calibration.inputs={"kind": "synthetic", "inputs": {"inputs_embeds": {"shape": [1, 16, 32], )"
      R"("dtype": "float32", "distribution": "normal"}}})";
  Program run({"run", recipe, "--out", out.string(), "--set", inputs, "--set", "calibration.samples=3000",
               "--set", "gates={}"},
              {"XDG_CACHE_HOME=" + (folder / "cache").string()}, folder.path());
  std::this_thread::sleep_for(moment);
  const auto sent = Clock::now();
  run.send(signal);
  const int code = run.wait();
  const double seconds = std::chrono::duration<double>(Clock::now() - sent).count();
  ++figures.runs;
  if (code == 0) {
    ++figures.finished;
    EXPECT_TRUE(std::filesystem::exists(out / "embed_vision.q.circle"));
    if (figures.files.empty()) figures.files = names_in(out);
    EXPECT_EQ(names_in(out), figures.files) << "a part of a result, or something beside it";
  } else {
    ++(run.ended_by_default() ? figures.before_main : figures.stopped);
    EXPECT_EQ(code, 128 + signal) << "after " << moment.count() << " ms\n" << run.text();
    EXPECT_FALSE(std::filesystem::exists(out)) << "after " << moment.count() << " ms something was left";
    EXPECT_LT(seconds, kMany != nullptr ? 0.5 : 3.0) << "after " << moment.count() << " ms";
    figures.longest = std::max(figures.longest, seconds);
    figures.total += seconds;
  }
  std::filesystem::remove_all(out);
}

TEST(SignalsAtRandomMoments, StopARunAndLeaveNothing) {
  const int runs = kMany != nullptr ? std::atoi(kMany) : 20;
  const TempFolder folder;
  std::filesystem::create_directories(folder / "cache");
  // How long a whole run takes here: the moments are spread over it.
  Figures whole_run, figures;
  const auto begin = Clock::now();
  signal_at(folder, milliseconds(0), SIGWINCH, whole_run);  // which nobody handles
  const auto whole = std::chrono::duration_cast<milliseconds>(Clock::now() - begin).count();
  ASSERT_EQ(whole_run.finished, 1);
  figures.files = whole_run.files;
  std::mt19937 random(9);
  for (int i = 0; i < runs; ++i) {
    const auto moment = milliseconds(std::uniform_int_distribution<int64_t>(0, whole)(random));
    signal_at(folder, moment, i % 2 == 0 ? SIGINT : SIGTERM, figures);
  }
  std::printf(
      "%d runs of %lld ms: %d stopped (130 or 143), %d had finished (0), %d were not yet in main (by "
      "default); seconds from the signal to the end: mean %.3f, longest %.3f; left behind: nothing unless a "
      "line above says so\n",
      figures.runs, static_cast<long long>(whole), figures.stopped, figures.finished, figures.before_main,
      figures.total / std::max(1, figures.stopped + figures.before_main), figures.longest);
  EXPECT_GT(figures.stopped, runs / 2);
}

}  // namespace
}  // namespace vernier::test
