#include "text/strict_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Refused {
  std::string text;
  std::string where;
  std::string what;
};

TEST(StrictJson, TellsTheLineAndTheColumn) {
  const Refused kCases[] = {
      {"{\n  \"a\": 1,\n}", "x.json:3:1", "not valid JSON: syntax error"},
      {"{\"a\": 1,\n \"b\": {\"a\": 2, \"a\": 3}}", "x.json:2:", "the key \"a\" is there twice"},
      {"", "x.json:1:1", "unexpected end of input"},
      {"{} {}", "x.json:1:4", "expected end of input"},
      {"{\"a\": // no\n 1}", "x.json:1:7", "invalid literal"},
      {std::string("{}\0garbage", 10), "x.json:1:3", "a zero byte"},
      {"\"\xff\"", "x.json:1:2", "ill-formed UTF-8"},
      {"[1e999]", "x.json:1:7", "not valid JSON: number overflow parsing '1e999'"},
      {"[[[[[1]]]]]", "x.json:1:5", "nested deeper than 4 levels"},
      {"[1,2,3,4,5,6,7,8,9,10]", "x.json:1:", "more than 9 values"},
      {"[\"" + std::string(100, 'x') + "\"]", "x.json", "at most 64 are read"},
  };
  for (const Refused& one : kCases) {
    try {
      parse_strict_json(one.text, "x.json", {64, 4, 9});
      ADD_FAILURE() << "accepted: " << one.text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_THAT(error.diagnostics()[0].where, StartsWith(one.where)) << one.text;
      EXPECT_THAT(error.diagnostics()[0].what, HasSubstr(one.what)) << one.text;
    }
  }
}

TEST(StrictJson, KeepsValues) {
  const nlohmann::json value =
      parse_strict_json(R"({"a": [1, -2, 0.5, true, null], "b": {"a": "ü"}})", "x.json");
  EXPECT_EQ(value, nlohmann::json::parse(R"({"a": [1, -2, 0.5, true, null], "b": {"a": "ü"}})"));
}

TEST(Quote, KeepsMessagesOnOneLineOfUtf8) {
  EXPECT_EQ(in_quotes("a\"b\n"), R"("a\"b\n")");
  EXPECT_EQ(in_quotes("a\xff"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(in_quotes(std::string(1000, 'x')),
            '"' + std::string(80, 'x') + "..." + std::string(80, 'x') + '"');
  EXPECT_EQ(one_line("a \"b\" \\ \x1b[31m"), "a \"b\" \\ \\u001b[31m");
}

}  // namespace
}  // namespace vernier::core
