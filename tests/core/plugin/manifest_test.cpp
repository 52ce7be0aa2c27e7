#include "plugin/manifest.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "text/json_schema.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

json sound() {
  return json::parse(R"({"id": "org.example.a", "version": "1.2.3", "license": "MIT", "summary": "s",)"
                     R"( "future_key": {"of": "a newer host"},
    "components": [
      {"kind": "wrapper", "name": "W", "summary": "w", "types": ["W", "V"],)"
                     R"( "entries": [{"name": "forward", "inputs": ["x", "y"]}]},
      {"kind": "observer", "name": "o", "options": {"type": "object",)"
                     R"( "properties": {"m": {"type": "number"}}}},
      {"kind": "backend", "name": "b", "capabilities": {"ops": ["add"], "dtypes": ["uint8"]}}]})");
}

TEST(Manifest, IsReadWhole) {
  const Manifest manifest = parse_manifest(sound().dump());
  EXPECT_EQ(manifest.id, "org.example.a");
  EXPECT_EQ(manifest.version, "1.2.3");
  ASSERT_EQ(manifest.components.size(), 3u);
  EXPECT_EQ(manifest.components[0].types, (std::vector<std::string>{"W", "V"}));
  EXPECT_EQ(manifest.components[0].entries.at(0).inputs, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(manifest.components[2].ops, std::vector<std::string>{"add"});
  EXPECT_EQ(manifest.components[2].dtypes, std::vector<std::string>{"uint8"});
  EXPECT_FALSE(manifest.components[1].takes_pieces || manifest.components[1].has_independent_channels);
  for (const bool pieces : {true, false}) {
    json promising = sound();
    promising["components"][1]["capabilities"] = {{"pieces", pieces}, {"independent_channels", !pieces}};
    const ComponentInfo observer = parse_manifest(promising.dump()).components[1];
    EXPECT_EQ(observer.takes_pieces, pieces);
    EXPECT_EQ(observer.has_independent_channels, !pieces);
  }
  EXPECT_FALSE(validate_schema(manifest.components[2].options, json{{"any", 1}}).empty())
      << "without options none is legal";
  EXPECT_FALSE(manifest.components[2].writes_sets) << "one graph a file unless it says otherwise";
  json several = sound();
  several["components"][2]["capabilities"]["sets"] = true;
  EXPECT_TRUE(parse_manifest(several.dump()).components[2].writes_sets);
}

struct Spoiled {
  const char* name;
  void (*spoil)(json&);
  const char* text;
};

TEST(Manifest, EachFaultIsNamed) {
  const Spoiled rows[] = {
      {"no id", [](json& m) { m.erase("id"); }, "id"},
      {"id without dot", [](json& m) { m["id"] = "alone"; }, "schema"},
      {"version of two numbers", [](json& m) { m["version"] = "1.2"; }, "schema"},
      {"a promise that is no truth value",
       [](json& m) { m["components"][1]["capabilities"]["pieces"] = "yes"; }, "schema"},
      {"no components", [](json& m) { m["components"] = json::array(); }, "schema"},
      {"component without a name", [](json& m) { m["components"][0].erase("name"); }, "name"},
      {"wrapper without types", [](json& m) { m["components"][0].erase("types"); }, "needs \"types\""},
      {"wrapper without entries", [](json& m) { m["components"][0].erase("entries"); },
       "needs \"types\" and \"entries\""},
      {"sets that are no bool", [](json& m) { m["components"][2]["capabilities"]["sets"] = 2; }, "sets"},
      {"twice", [](json& m) { m["components"].push_back(m["components"][1]); }, "observer o is listed twice"},
      {"options of unknown type",
       [](json& m) { m["components"][1]["options"]["properties"]["m"]["type"] = "numbider"; },
       "not a JSON Schema"},
      {"options that refer elsewhere",
       [](json& m) {
         m["components"][1]["options"]["properties"]["m"] = {{"$ref", "http://example.org/x.json"}};
       },
       "not a JSON Schema"},
      {"type served twice", [](json& m) { m["components"][0]["types"].push_back("W"); },
       "module type W is listed twice"},
      {"kind with a zero byte", [](json& m) { m["components"][1]["kind"] = std::string("obs\0", 4); },
       "schema"},
      {"endless id", [](json& m) { m["id"] = "a." + std::string(200000, 'a'); },
       "a text of 200002 bytes, where a pattern is checked: at most 2000"},
      {"endless version", [](json& m) { m["version"] = "1.0.0-" + std::string(200000, 'a'); },
       "a text of 200006 bytes, where a pattern is checked: at most 2000"},
      {"an input behind those whose number is open",
       [](json& m) {
         m["components"][0]["entries"][0]["inputs"] = {"past_*", "x"};
       },
       "has the input \"x\" behind \"past_*\""},
      {"options that are text", [](json& m) { m["components"][1]["options"] = "free"; }, "schema"}};
  for (const Spoiled& row : rows) {
    json manifest = sound();
    row.spoil(manifest);
    try {
      parse_manifest(manifest.dump());
      ADD_FAILURE() << row.name << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kPlugin) << row.name;
      EXPECT_NE(error.format().find(row.text), std::string::npos) << row.name << "\n" << error.format();
    }
  }
}

TEST(Manifest, TextThatIsNoManifestIsRefused) {
  const std::pair<std::string, const char*> rows[] = {
      {"", "the manifest is not JSON"},
      {"{", "the manifest is not JSON"},
      {"[]", "does not fit its schema"},
      {R"({"id": 1})", "does not fit its schema"},
      {std::string(100, '[') + std::string(100, ']'), "the manifest is nested too deeply"}};
  for (const auto& row : rows)
    test::expect_error(ErrorKind::kPlugin, row.second, [&] { (void)parse_manifest(row.first); });
}

TEST(Manifest, TheLongestTextIsCheckedWithinTheStack) {
  json manifest = sound();
  manifest["version"] = "1.0.0-" + std::string(1994, 'a');
  EXPECT_EQ(parse_manifest(manifest.dump()).version.size(), 2000u);
}

TEST(Manifest, OptionsThatReferToThemselvesEnd) {
  json manifest = sound();
  manifest["components"][1]["options"] =
      json::parse(R"({"type": "object", "properties": {"self": {"$ref": "#"}}})");
  const Manifest parsed = parse_manifest(manifest.dump());
  EXPECT_TRUE(
      validate_schema(parsed.components[1].options, json::parse(R"({"self": {"self": {}}})")).empty());
  EXPECT_FALSE(
      validate_schema(parsed.components[1].options, json::parse(R"({"self": {"self": 1}})")).empty());
}

}  // namespace
}  // namespace vernier::core
