// Colours are for terminals that know them, and for users who want them.
#include "vernier/colour.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <string>

namespace vernier::app {
namespace {

class Colours : public ::testing::Test {
 protected:
  void SetUp() override {
    host_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    ASSERT_GE(host_, 0);
    ASSERT_EQ(::grantpt(host_), 0);
    ASSERT_EQ(::unlockpt(host_), 0);
    terminal_ = std::fopen(::ptsname(host_), "w");
    ASSERT_NE(terminal_, nullptr);
    ::setenv("TERM", "xterm", 1);
    ::unsetenv("NO_COLOR");
  }
  void TearDown() override {
    if (terminal_ != nullptr) std::fclose(terminal_);
    ::close(host_);
    ::unsetenv("NO_COLOR");
  }
  int host_ = -1;
  std::FILE* terminal_ = nullptr;
};

TEST_F(Colours, AreOnATerminalUnlessRefused) {
  EXPECT_EQ(in_colour("FAIL x", Colour::kRed, terminal_), "\033[31mFAIL x\033[0m");
  ::setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(has_colour(terminal_)) << "empty refuses nothing (no-color.org)";
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(in_colour("FAIL x", Colour::kRed, terminal_), "FAIL x");
  ::unsetenv("NO_COLOR");
  ::setenv("TERM", "dumb", 1);
  EXPECT_FALSE(has_colour(terminal_));
}

TEST_F(Colours, AreNotInAFile) {
  std::FILE* file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(in_colour("PASS x", Colour::kGreen, file), "PASS x");
  std::fclose(file);
}

}  // namespace
}  // namespace vernier::app
