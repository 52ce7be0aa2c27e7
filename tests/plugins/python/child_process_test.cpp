// A program in a process of its own: it answers, ends, is silent or is not there, and leaves nothing behind.
#include "../../../plugins/python/child_process.h"

#include <gmock/gmock.h>

#include <thread>

#include "../../../plugins/python/temporary_folder.h"
#include "support/temp_folder.h"

namespace vernier::python {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;

class Child : public ::testing::Test {
 protected:
  [[nodiscard]] std::string errors() const { return (folder_ / "errors").string(); }
  [[nodiscard]] ChildProcess shell(const std::string& script) const {
    return ChildProcess({"sh", "-c", script}, errors());
  }
  // The error of hearing one line.
  template <typename Process>
  static Error error_of(Process& child, int limit = 20) {
    try {
      ADD_FAILURE() << "it said " << child.hear(seconds(limit));
    } catch (const Error& error) {
      return error;
    }
    return Error(VERNIER_OK, "");
  }
  test::TempFolder folder_;
};

TEST_F(Child, AnswersLinesWithLines) {
  ChildProcess cat({"cat"}, errors());
  cat.say("one");
  cat.say("");
  EXPECT_EQ(cat.hear(seconds(20)), "one");
  EXPECT_EQ(cat.hear(seconds(20)), "");
  const std::string megabyte(1 << 20, 'x');
  std::thread speaker([&] { cat.say(megabyte); });
  EXPECT_EQ(cat.hear(seconds(20)), megabyte);
  speaker.join();
}

TEST_F(Child, GetsItsArgumentsAsTheyAre) {
  ChildProcess printf({"printf", "%s\\n", "a b; $HOME `id` *"}, errors());
  EXPECT_EQ(printf.hear(seconds(20)), "a b; $HOME `id` *");
}

TEST_F(Child, AProgramThatIsNotThereIsNotFound) {
  try {
    const ChildProcess python({"/nonexistent/python"}, errors());
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), VERNIER_NOT_FOUND);
    EXPECT_THAT(error.what(), HasSubstr("cannot start /nonexistent/python: No such file or directory"));
  }
}

TEST_F(Child, ItsEndIsToldWithItsLastWords) {
  auto leaves = shell("echo what went wrong >&2; exit 3");
  const Error error = error_of(leaves);
  EXPECT_EQ(error.code(), VERNIER_DATA_LOSS);
  EXPECT_STREQ(error.what(), "sh ended with exit code 3: what went wrong");
  auto crashes = shell("kill -SEGV $$");
  EXPECT_THAT(error_of(crashes).what(), HasSubstr("sh ended by the signal Segmentation fault"));
}

TEST_F(Child, SpeakingToTheDeadIsAnErrorAndNoSignal) {
  auto child = shell("exec true");
  const std::string line(1 << 16, 'x');
  try {
    for (int i = 0; i < 100; ++i) child.say(line);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), VERNIER_DATA_LOSS);
    EXPECT_STREQ(error.what(), "sh ended with exit code 0");
  }
}

TEST_F(Child, SilenceHasALimitAndDiesWithItsChildren) {
  const auto begin = std::chrono::steady_clock::now();
  pid_t grandchild = 0;
  {
    auto child = shell("sleep 1000 & echo $!; wait");
    grandchild = static_cast<pid_t>(std::stol(child.hear(seconds(20))));
    EXPECT_EQ(::kill(grandchild, 0), 0);
    EXPECT_THAT(error_of(child, 1).what(), HasSubstr("sh did not answer in 1 s"));
  }
  // Until its new parent has taken note of it, a process that was killed is still there as a zombie.
  const std::string state = "/proc/" + std::to_string(grandchild) + "/stat";
  bool is_gone = false;
  for (int i = 0; i < 100 && !is_gone; ++i) {
    const std::string stat = test::read_file(state);
    is_gone = stat.empty() || stat.find(") Z ") != std::string::npos;
    if (!is_gone) ::usleep(20000);
  }
  EXPECT_TRUE(is_gone);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(30));
}

TEST(TemporaryFolder, IsPrivateAndGoesWithItsOwner) {
  std::filesystem::path place;
  {
    const TemporaryFolder folder;
    place = std::filesystem::path(folder.file("x")).parent_path();
    test::write_file(folder.file("x"), "x");
    EXPECT_EQ(std::filesystem::status(place).permissions(), std::filesystem::perms::owner_all);
  }
  EXPECT_FALSE(std::filesystem::exists(place));
}

}  // namespace
}  // namespace vernier::python
