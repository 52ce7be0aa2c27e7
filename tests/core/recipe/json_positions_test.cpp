#include "recipe/json_positions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "text/json_pointer.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::HasSubstr;

std::pair<TextPosition, TextPosition> place(const JsonDocument& document, std::string_view pointer) {
  const JsonPlace* found = &document.root;
  for (const std::string& token : split_pointer(pointer)) {
    found = child_at(*found, token);
    if (!found) throw std::out_of_range(std::string(pointer));
  }
  return {found->key_at, found->value_at};
}

TEST(JsonPositions, KnowEachValueAndKey) {
  const JsonDocument document = parse_json_document(
      "// a comment, {\n"
      "{ \"a\" /* here , : */ : [1.5e3, true,\n"
      "   \"x\\\"y\", null /**/, {}],\n"
      "  \"über\": -7, \"b/c~\": \"é\", \"last\": 2 }\n",
      "f");
  EXPECT_EQ(document.value,
            nlohmann::json::parse(
                R"({"a": [1500.0, true, "x\"y", null, {}], "über": -7, "b/c~": "é", "last": 2})"));
  const struct {
    const char* pointer;
    unsigned key_line, key_column, line, column;
  } rows[] = {{"", 2, 1, 2, 1},       {"/a", 2, 3, 2, 24},    {"/a/0", 2, 25, 2, 25},
              {"/a/1", 2, 32, 2, 32}, {"/a/2", 3, 4, 3, 4},   {"/a/3", 3, 12, 3, 12},
              {"/a/4", 3, 23, 3, 23}, {"/über", 4, 3, 4, 11}, {"/b~1c~0", 4, 15, 4, 23},
              {"/last", 4, 28, 4, 36}};
  for (const auto& row : rows) {
    const auto [key, value] = place(document, row.pointer);
    EXPECT_EQ(value.line, row.line) << row.pointer;
    EXPECT_EQ(value.column, row.column) << row.pointer;
    EXPECT_EQ(key.line, row.key_line) << row.pointer;
    EXPECT_EQ(key.column, row.key_column) << row.pointer;
  }
}

TEST(JsonPositions, SkipAByteOrderMark) {
  const JsonDocument document = parse_json_document("\xEF\xBB\xBF{\"a\": 1}", "f");
  EXPECT_EQ(place(document, "/a").first.column, 2u);
}

struct Broken {
  const char* text;
  const char* where;
  const char* what;
  const char* hint = "";
};

class JsonPositionsBroken : public ::testing::TestWithParam<Broken> {};

TEST_P(JsonPositionsBroken, SaysWhatAndWhere) {
  const Broken& row = GetParam();
  try {
    parse_json_document(row.text, "f");
    FAIL() << "no error for " << row.text;
  } catch (const Error& error) {
    ASSERT_EQ(error.diagnostics().size(), 1u);
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.diagnostics()[0].where, row.where) << row.text;
    EXPECT_THAT(error.diagnostics()[0].what, HasSubstr(row.what)) << row.text;
    EXPECT_THAT(error.diagnostics()[0].hint, HasSubstr(row.hint)) << row.text;
    EXPECT_EQ(error.diagnostics()[0].what.find("json.exception"), std::string::npos);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, JsonPositionsBroken,
    ::testing::Values(
        Broken{"", "f:1:1", "the file is empty"}, Broken{"  \n// x\n", "f:1:1", "the file is empty"},
        Broken{"{\"a\": 1,\n}", "f:1:8", "trailing comma", "\"}\""},
        Broken{"[1, 2 , /* c */ ]", "f:1:7", "trailing comma", "\"]\""},
        Broken{"{\"a\": 1\n \"b\": 2}", "f:2:2", "missing comma before a string"},
        Broken{"[1 2]", "f:1:4", "missing comma"}, Broken{"{\"a\" 1}", "f:1:6", "missing \":\""},
        Broken{"{\"a\": }", "f:1:7", "a key has no value"}, Broken{"{\"a\"}", "f:1:5", "a key has no value"},
        Broken{"{a: 1}", "f:1:2", "is not a key", "double quotes"},
        Broken{"{1: 1}", "f:1:2", "is not a key", "double quotes"},
        Broken{"{\"a\": 'x'}", "f:1:7", "double quotes"},
        Broken{"{\"a\": tru}", "f:1:7", "unknown word \"tru\"", "true"},
        Broken{"{\"a\": True}", "f:1:7", "unknown word \"True\"", "true"},
        Broken{"{\"a\": None}", "f:1:7", "unknown word \"None\""},
        Broken{"{\"a\": 01}", "f:1:8", "a number runs into \"1\""},
        Broken{"[1.5.2]", "f:1:5", "a number runs into \".\""}, Broken{"[true1]", "f:1:6", "missing comma"},
        Broken{"{\"a\": 1.}", "f:1:7", "not a number"}, Broken{"{\"a\": -}", "f:1:7", "not a number"},
        Broken{"{\"a\": 1e999}", "f:1:7", "not a number"},
        Broken{"{\"a\": \"x\n\"}", "f:1:7", "not closed on its line"},
        Broken{"{\"a\": \"x", "f:1:7", "not closed on its line"},
        Broken{"{\"a\": \"x\ty\"}", "f:1:9", "control character"},
        Broken{"{\"a\": \"C:\\dir\"}", "f:1:10", "unknown escape \"\\d\"", "\\\\"},
        Broken{"{\"a\": \"\\u12\"}", "f:1:7", "\\u escape"},
        Broken{"{\"a\": \"\\ud800\"}", "f:1:7", "\\u escape"},
        Broken{"{\"a\": 1 /* x }", "f:1:9", "comment is never closed"},
        Broken{"{\"a\": / 1}", "f:1:7", "begins no comment"},
        Broken{"{\"a\": [1,\n 2", "f:2:3", "the text ends before the array is closed", "line 1, column 7"},
        Broken{"{\"a\": 1", "f:1:8", "the text ends before the object is closed"},
        Broken{"{\"a\": [1}", "f:1:9", "\"}\" closes nothing here"},
        Broken{"{} {}", "f:1:4", "follows the end"}, Broken{"}", "f:1:1", "closes nothing"},
        Broken{"[,1]", "f:1:2", "a comma stands where a value belongs"}, Broken{"[1,,2]", "f:1:4", "comma"},
        Broken{"{\"a\": 1, \"a\": 2}", "f:1:10", "key \"a\" occurs twice"},
        Broken{"[{\"b\": {\"c\": 1,\n\"c\": 2}}]", "f:2:1", "occurs twice"},
        Broken{"{\"a\": \"\xFF\"}", "f:1:8", "byte 0xff is not UTF-8"},
        Broken{"// \xC0\xAF\n{}", "f:1:4", "byte 0xc0 is not UTF-8"},
        Broken{"\xEF\xBB\xBFxyz", "f:1:1", "unknown word \"xyz\""},
        Broken{"{\"a\\u0000\": 1}", "f:1:2", "\\u0000"}, Broken{"@", "f:1:1", "unexpected \"@\""}));

TEST(JsonPositions, BoundDepthSizeAndStrings) {
  EXPECT_NO_THROW(parse_json_document(std::string(100, '[') + std::string(100, ']'), "f"));
  const std::string long_string = "[\"" + std::string(kMaxJsonString + 1, 'x') + "\"]";
  const std::string deep(200000, '[');
  const std::string nul("{}\0{}", 5);
  const std::pair<std::string, const char*> rows[] = {
      {deep, "deeper than 100"},
      {long_string, "longer than the limit"},
      {nul, "byte 0x00"},
      {std::string(kMaxJsonBytes + 1, ' '), "more than the limit"}};
  for (const auto& [text, what] : rows) {
    try {
      parse_json_document(text, "f");
      ADD_FAILURE() << what;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(what));
    }
  }
}

}  // namespace
}  // namespace vernier::core
