#include "vernier/core/shown_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

struct ShownCase {
  std::string text, shown, output;
};

TEST(ShownText, HasNoControlsAndNoBrokenBytes) {
  const ShownCase rows[] = {
      {"plain ~", "plain ~", "plain ~"},
      {"größe 寸法", "größe 寸法", "größe 寸法"},
      {"a\nerror: b", "a\\nerror: b", "a\nerror: b"},
      {"a\tb\r", "a\\tb\\r", "a\tb\\r"},
      {"\x1b[2J\x07", "\\u001b[2J\\u0007", "\\u001b[2J\\u0007"},
      {"\x1b[31mred\x1b[0m", "\\u001b[31mred\\u001b[0m", "\x1b[31mred\x1b[0m"},
      {"\x1b[31", "\\u001b[31", "\\u001b[31"},
      {"\x7f\xc2\x9b", "\\u007f\\u009b", "\\u007f\\u009b"},
      {"x\xe2\x80\xaey", "x\\u202ey", "x\\u202ey"},
      {"x\xe2\x81\xa6y\xe2\x80\xa8\xd8\x9c", "x\\u2066y\\u2028\\u061c", "x\\u2066y\\u2028\\u061c"},
      {"\xe2\x80\x93\xc2\xa0", "\xe2\x80\x93\xc2\xa0", "\xe2\x80\x93\xc2\xa0"},
      {"a\xff", "a\xef\xbf\xbd", "a\xef\xbf\xbd"},
      {std::string("a\0b", 3), "a\\u0000b", "a\\u0000b"},
      {"", "", ""}};
  for (const ShownCase& row : rows) {
    EXPECT_EQ(shown(row.text), row.shown);
    EXPECT_EQ(shown_output(row.text), row.output);
  }
}

TEST(ShownText, LeavesTheMiddleOut) {
  EXPECT_EQ(shown("0123456789", 10), "0123456789");
  EXPECT_EQ(shown("0123456789a", 10), "01234 ... 6789a");
}

TEST(ShownText, LinesHaveWhoseTheyAre) {
  EXPECT_EQ(shown_lines("one\nerror: two\n", "p: "), "p: one\np: error: two");
  EXPECT_EQ(shown_lines("1\n2\n3", "", 2), "1\n2\n... more lines are left out");
  EXPECT_EQ(shown_lines("", "p: "), "p: ");
}

TEST(ShownText, KeepsTheValueOfJson) {
  const nlohmann::json value = {{"name", "x\xe2\x80\xaey"}};
  EXPECT_EQ(nlohmann::json::parse(shown_output(json_text(value, 2))), value);
  const nlohmann::json broken = {{"path", nlohmann::json::array({"a\xff"})}};
  EXPECT_EQ(json_text(broken), "{\"path\":[\"a\xef\xbf\xbd\"]}");
  EXPECT_EQ(with_valid_text(broken).dump(), "{\"path\":[\"a\xef\xbf\xbd\"]}");
}

TEST(ShownText, IsWhatErrorsAreFormattedAs) {
  EXPECT_EQ(usage_error("a\nerror: b", "c\x1b", "d\x07").format(),
            "error: a\\nerror: b\n  at c\\u001b\n  d\\u0007\n");
  const Error many(ErrorKind::kUsage, std::vector<Diagnostic>(150, Diagnostic{"x", {}, {}}));
  EXPECT_TRUE(many.format().ends_with("error: x\n49 more errors\n"));
}

TEST(Quote, NamesAreFitOnlyWithoutControls) {
  EXPECT_TRUE(is_printable("größe"));
  for (const char* name : {"a\nb", "\x1b", "\xc2\x9b", "\xe2\x80\xae", "\xff"})
    EXPECT_FALSE(is_printable(name)) << name;
  EXPECT_EQ(in_quotes("a\"\xe2\x80\xae"), "\"a\\\"\\u202e\"");
}

}  // namespace
}  // namespace vernier::core
