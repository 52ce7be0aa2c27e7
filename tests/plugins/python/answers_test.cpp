// The Python side of an executor ends with its host, however that ended, and takes its folder along.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "support/temp_folder.h"

namespace vernier::test {
namespace {

class Answers : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::system("python3 -c 'import os' 2>/dev/null") != 0) GTEST_SKIP() << "no python3";
  }
  // Starts `body` as the script's model behind a host that then gets SIGKILL.
  void expect_gone_after_the_host(const std::string& body) {
    const TempFolder folder;
    write_file(folder / "script.py", read_file(VERNIER_SOURCE_DIR "/plugins/python/answers.py") +
                                         read_file(VERNIER_SOURCE_DIR "/plugins/executors/serve.py") + body);
    std::filesystem::create_directories(folder / "work");
    const std::string command = "(echo run 0; sleep 1000) | python3 " + (folder / "script.py").string() +
                                " model " + (folder / "work").string() + " '{}' >/dev/null & echo $! >" +
                                (folder / "child").string() + "; sleep 1000";
    const pid_t host = ::fork();
    if (host == 0) {
      ::setpgid(0, 0);
      ::execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    EXPECT_TRUE(within_seconds(20, [&] { return std::filesystem::exists(folder / "work/running"); }));
    const pid_t child = static_cast<pid_t>(std::stol(read_file(folder / "child")));
    EXPECT_EQ(::kill(child, 0), 0);
    ::kill(host, SIGKILL);
    ::waitpid(host, nullptr, 0);
    EXPECT_TRUE(within_seconds(5, [&] { return ::kill(child, 0) != 0; })) << "it outlives its host";
    EXPECT_FALSE(std::filesystem::exists(folder / "work")) << "its folder is still there";
    ::kill(-host, SIGKILL);  // the shell's sleepers
  }

 private:
  template <typename Done>
  static bool within_seconds(int seconds, const Done& done) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds); !done();) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }
};

TEST_F(Answers, WhileTheModelRuns) {
  expect_gone_after_the_host(R"(
def run(intermediates, shapes):
    open(sys.argv[2] + "/running", "w").close()
    time.sleep(1000)

serve(lambda path, folder, options: ([], run))
)");
}

TEST_F(Answers, WhileNothingRuns) {
  expect_gone_after_the_host(R"(
def run(intermediates, shapes):
    open(sys.argv[2] + "/running", "w").close()
    return []

serve(lambda path, folder, options: ([], run))
)");
}

}  // namespace
}  // namespace vernier::test
