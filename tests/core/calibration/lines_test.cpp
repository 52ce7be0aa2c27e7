// Lines of requests and of texts: which count, their numbers in the file, and what is refused.
#include "calibration/lines.h"

#include <gmock/gmock.h>

#include "support/expect_error.h"

namespace vernier::core {
namespace {

Lines lines_of(const std::string& text, Lines::Kind kind) {
  const auto owner = std::make_shared<const std::string>(text);
  return Lines::parse(std::as_bytes(std::span(*owner)), owner, "x.txt", kind, "write a text a line");
}

TEST(Lines, TextsLeaveOutEmptyLinesAndCommentsAndKeepTheirNumbers) {
  const Lines lines = lines_of("# what it is\n\none\r\n \t\n two # not a comment\n", Lines::Kind::kTexts);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines.text(0), "one");
  EXPECT_EQ(lines.where(0), "x.txt:3");
  EXPECT_EQ(lines.text(1), " two # not a comment");
  EXPECT_EQ(lines.number(1), 5u);
  EXPECT_EQ(lines.where(2), "x.txt") << "there is no third line";
}

TEST(Lines, AllLinesCountWhereNoneIsLeftOut) {
  const Lines lines = lines_of("# one\ntwo", Lines::Kind::kAll);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines.text(0), "# one");
  EXPECT_EQ(lines.where(1), "x.txt:2");
}

TEST(Lines, WhatIsWrongIsNamedWithItsPlace) {
  struct Row {
    std::string text;
    Lines::Kind kind;
    const char* what;
  };
  const Row table[] = {{"", Lines::Kind::kTexts, "the file is empty\n  at x.txt"},
                       {"", Lines::Kind::kAll, "the file is empty\n  at x.txt"},
                       {"a\n\nb\n", Lines::Kind::kAll, "an empty line\n  at x.txt:2"},
                       {"#\n\n", Lines::Kind::kTexts, "no line but empty ones and such that begin with #"},
                       {"\xEF\xBB\xBFtext\n", Lines::Kind::kTexts, "a byte order mark\n  at x.txt:1"},
                       {"a\n" + std::string(kLongestLine + 1, 'x'), Lines::Kind::kTexts,
                        "a line of 16777217 bytes, at most 16777216 are read\n  at x.txt:2"}};
  for (const Row& row : table)
    test::expect_error(ErrorKind::kData, row.what, [&] { (void)lines_of(row.text, row.kind); });
}

}  // namespace
}  // namespace vernier::core
