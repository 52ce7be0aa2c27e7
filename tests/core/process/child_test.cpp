#include "process/child.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

using Clock = std::chrono::steady_clock;

ChildCall shell(const std::string& script) { return {{"/bin/sh", "-c", script}, {}, true}; }

std::optional<ChildEnd> run(const ChildCall& call,
                            std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  return run_child(call, Clock::now() + limit, RunControl::none());
}

TEST(RunChild, GivesBothStreamsAndTheEnd) {
  const auto end = run(shell("echo out; echo errors >&2; exit 7"));
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->output, "out\n");
  EXPECT_EQ(end->errors, "errors\n");
  ASSERT_TRUE(WIFEXITED(end->status));
  EXPECT_EQ(WEXITSTATUS(end->status), 7);
  const auto killed = run(shell("kill -KILL $$"));
  ASSERT_TRUE(killed && WIFSIGNALED(killed->status));
  EXPECT_EQ(WTERMSIG(killed->status), SIGKILL);
}

TEST(RunChild, KeepsTheFirstOfItsOutputAndTheLastOfItsErrors) {
  ChildCall call = shell("printf abcdef; printf abcdef >&2");
  call.kept_bytes = 4;
  const auto end = run(call);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->output, "abcd");
  EXPECT_EQ(end->errors, "cdef");
  call.keeps_errors = false;
  EXPECT_EQ(run(call)->errors, "");
}

// More than the buffers of the pipes hold: neither stream may wait for the other.
TEST(RunChild, MaySayMuchOnBothStreams) {
  ChildCall call = shell("yes | head -c 300000 >&2; yes | head -c 300000");
  call.kept_bytes = 1000000;
  const auto end = run(call);
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->output.size(), 300000u);
  EXPECT_EQ(end->errors.size(), 300000u);
}

TEST(RunChild, GetsADescriptorUnderItsNumber) {
  test::TempFolder folder;
  test::write_file(folder / "file", "through it");
  FILE* file = std::fopen((folder / "file").c_str(), "rb");
  ASSERT_NE(file, nullptr);
  const auto end = run({{"/bin/sh", "-c", "cat <&5"}, {{fileno(file), 5}}});
  std::fclose(file);
  EXPECT_EQ(end->output, "through it");
}

// Whether a process that wrote its number to `file` is still there; one that nobody has waited for is not.
bool is_alive(const std::filesystem::path& file) {
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  EXPECT_GT(pid, 0);
  char state = '?';
  for (int i = 0; i < 200; ++i) {
    std::ifstream status("/proc/" + std::to_string(pid) + "/stat");
    std::string number, name;
    if (!(status >> number >> name >> state) || state == 'Z') return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

TEST(RunChild, LeavesNoProcessHoweverItEnds) {
  test::TempFolder folder;
  const std::string file = (folder / "pid").string();
  const std::string started = "sleep 100 >/dev/null 2>&1 & echo $! > " + file + "; ";
  EXPECT_TRUE(run(shell(started)).has_value());
  EXPECT_FALSE(is_alive(file)) << "after its end";
  for (const char* hangs : {"sleep 100", "exec >/dev/null 2>&1; sleep 100"}) {
    EXPECT_FALSE(run(shell(started + hangs), std::chrono::milliseconds(200)).has_value()) << hangs;
    EXPECT_FALSE(is_alive(file)) << hangs;
  }
  RunControl control;
  control.request_stop(Stop::kTerminate);
  test::expect_error(ErrorKind::kTerminated, "", [&] {
    (void)run_child(shell("echo $$ > " + file + "; sleep 100"), std::nullopt, control);
  });
}

TEST(RunChild, ThatCannotStartIsAnErrorWithItsName) {
  test::expect_error(ErrorKind::kInternal, "cannot start /no/such/program: No such file or directory",
                     [] { (void)run({{"/no/such/program"}}); });
}

TEST(ProgramBeside, IsFoundInTheFolderOfThisOne) {
  EXPECT_EQ(std::filesystem::canonical(program_beside("vernier-probe")),
            std::filesystem::canonical(VERNIER_BINARY_DIR "/bin/vernier-probe"));
  EXPECT_TRUE(program_beside("no-such-program").empty());
}

}  // namespace
}  // namespace vernier::core
