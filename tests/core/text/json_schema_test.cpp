#include "text/json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const json kPatterned =
    json::parse(R"({"properties": {"name": {"type": "string", "pattern": "^a+$"}, "texts": {"type": "array"}},
                    "patternProperties": {"^k": {}}})");

TEST(ValidateSchema, TextUnderAPatternFitsUpToTheLimit) {
  const json value = {{"name", std::string(kMaximumPatternText, 'a')}};
  EXPECT_TRUE(validate_schema(kPatterned, value).empty());
}

// A recipe's option comes from anybody: a text of megabytes must not end the host.
TEST(ValidateSchema, LongerTextIsToldAtItsPlace) {
  struct Text {
    const char* what;
    json value;
    const char* pointer;
    const char* says;
  };
  const std::string long_text(4'000'000, 'a');
  const Text rows[] = {
      {"under the pattern", {{"name", long_text}}, "/name", "a text of 4000000 bytes"},
      {"one byte more", {{"name", std::string(2001, 'a')}}, "/name", "at most 2000"},
      {"elsewhere", {{"texts", {"b", long_text}}}, "/texts/1", "a text of 4000000 bytes"},
      {"a key", {{"texts", {{{"k" + long_text, 1}}}}}, "/texts/0", "a key of 4000001 bytes"},
  };
  for (const Text& row : rows) {
    SCOPED_TRACE(row.what);
    const auto violations = validate_schema(kPatterned, row.value);
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].pointer, row.pointer);
    EXPECT_THAT(violations[0].what, HasSubstr(row.says));
  }
}

TEST(ValidateSchema, WithoutPatternsTextMayHaveAnyLength) {
  const json schema = json::parse(R"({"type": "object", "properties": {"name": {"type": "string"}}})");
  EXPECT_TRUE(validate_schema(schema, {{"name", std::string(4'000'000, 'a')}}).empty());
}

}  // namespace
}  // namespace vernier::core
