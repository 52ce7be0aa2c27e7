#include "plugin/option_schema.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "text/json_schema.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

struct Refused {
  const char* schema;
  const char* problem;
};

TEST(OptionSchema, WhatWouldNotEndIsRefused) {
  const Refused rows[] = {
      {R"({"$ref": "#"})", "does not end"},
      {R"({"allOf": [{"$ref": "#"}]})", "does not end"},
      {R"({"anyOf": [{"type": "object"}, {"not": {"$ref": "#"}}]})", "does not end"},
      {R"({"if": {"$ref": "#"}})", "does not end"},
      {R"({"dependencies": {"a": {"$ref": "#"}}})", "does not end"},
      {R"({"definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}})",
       "does not end"},
      {R"({"properties": {"x": {"oneOf": [{"$ref": "#/properties/x"}]}}})", "does not end"},
      {R"({"$ref": "http://example.org/x.json"})", "leaves the schema"},
      {R"({"$id": "x:y", "properties": {"a": {"$ref": "x:y"}}})", "leaves the schema"},
      {R"({"properties": {"a": {"$ref": "#name"}}})", "leaves the schema"},
      {R"({"properties": {"a": {"$id": "x:y"}}})", "$id below the top"},
      {R"({"properties": {"a": {"$ref": "#/definitions/absent"}}})", "leads nowhere"},
      {R"({"allOf": [{"$ref": "#/allOf/-"}]})", "leads nowhere"},
      {R"({"properties": {"a": {"$ref": "#/~2"}}})", "leads nowhere"},
      {R"({"properties": {"a": {"pattern": "("}}})", "no regular expression"},
      {R"({"patternProperties": {"[": {}}})", "no regular expression"},
      {R"({"properties": {"a": {"pattern": "(a{1000}){1000}"}}})", "no regular expression"},
  };
  for (const Refused& row : rows) {
    try {
      check_option_schema(json::parse(row.schema));
      ADD_FAILURE() << row.schema << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kPlugin) << row.schema;
      EXPECT_NE(error.format().find(row.problem), std::string::npos) << row.schema << "\n" << error.format();
    }
  }
}

TEST(OptionSchema, WhatDoublesAtEachLevelIsRefused) {
  json schema = {{"definitions", json::object()}, {"$ref", "#/definitions/d0"}};
  for (int i = 0; i < 40; ++i) {
    const json next = {{"$ref", "#/definitions/d" + std::to_string(i + 1)}};
    schema["definitions"]["d" + std::to_string(i)] = {{"allOf", {next, next}}};
  }
  schema["definitions"]["d40"] = {{"type", "object"}};
  test::expect_error(ErrorKind::kPlugin, "not a JSON Schema: ", [&] { check_option_schema(schema); });
}

TEST(OptionSchema, LongPatternsAreRefused) {
  test::expect_error(ErrorKind::kPlugin, "a pattern of 1001 characters, at most 1000", [] {
    check_option_schema({{"pattern", std::string(1001, '(')}});
  });
  test::expect_error(ErrorKind::kPlugin, "is no regular expression", [] {
    check_option_schema({{"pattern", std::string(1000, '(')}});
  });
  EXPECT_NO_THROW(check_option_schema({{"pattern", std::string(500, '(') + std::string(500, ')')}}));
}

// Accepted, and the validator can work with it too.
TEST(OptionSchema, ReferencesThatEndArePassed) {
  const char* schemas[] = {
      R"({"type": "object", "additionalProperties": false})",
      R"({"definitions": {"ratio": {"type": "number", "minimum": 0}},
          "properties": {"a": {"$ref": "#/definitions/ratio"}, "b": {"$ref": "#/definitions/ratio"}}})",
      R"({"properties": {"self": {"$ref": "#"}}})",
      R"({"additionalProperties": {"$ref": "#"}})",
      R"({"items": {"$ref": "#"}})",
      R"({"contains": {"$ref": "#"}})",
      R"({"patternProperties": {"^x": {"$ref": "#"}}})",
      R"({"properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}})",
      R"({"properties": {"a": {"pattern": "^[a-z]+$"}}})",
  };
  for (const char* text : schemas) {
    const json schema = json::parse(text);
    EXPECT_NO_THROW(check_option_schema(schema)) << text;
    EXPECT_TRUE(validate_schema(schema, json::object()).empty()) << text;
  }
}

}  // namespace
}  // namespace vernier::core
