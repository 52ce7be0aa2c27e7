// The rows "smoke" of a manifest: what is read, and what is refused.
#include "plugin/smoke_case.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "plugin/manifest.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;

json with_case(const json& one) {
  return {{"id", "org.example.a"},
          {"version", "1.2.3"},
          {"license", "MIT"},
          {"components",
           {{{"kind", "wrapper"},
             {"name", "W"},
             {"types", {"W", "V"}},
             {"entries",
              {{{"name", "forward"}, {"inputs", {"x", "ids"}}}, {{"name", "prefill"}, {"inputs", {"x"}}}}},
             {"smoke", json::array({one})}}}}};
}

json sound_case() {
  return json::parse(R"({"name": "small", "config": {"dim": 8}, "inputs": {"x": {"shape": [1, 4, 8]},)"
                     R"( "ids": {"shape": [1, 4], "dtype": "int64", "low": 0, "high": 10}},)"
                     R"( "tensors": {"weight": {"shape": [8], "std": 0.5}}, "numbers": {"limit": 2.5},)"
                     R"( "without": ["bias"], "gates": {"peir": "<= 0.01", "sqnr_db": ">= 30"},)"
                     R"( "file_gates": {"circle": {"max_step": "<= 1"}}, "samples": 3, "seed": 7})");
}

TEST(ManifestSmoke, ACaseIsReadWhole) {
  const Manifest manifest = parse_manifest(with_case(sound_case()).dump());
  ASSERT_EQ(manifest.components.at(0).smoke.size(), 1u);
  const SmokeCase& one = manifest.components[0].smoke[0];
  EXPECT_EQ(one.name, "small");
  EXPECT_EQ(one.entry, "forward");
  EXPECT_EQ(one.config->at("dim"), 8);
  EXPECT_EQ(one.inputs->at("ids").at("high"), 10);
  EXPECT_EQ(one.tensors->at("weight").at("std"), 0.5);
  EXPECT_EQ(one.numbers->at("limit"), 2.5);
  EXPECT_EQ(one.without, std::vector<std::string>{"bias"});
  EXPECT_EQ(one.gates->at("sqnr_db"), ">= 30");
  EXPECT_EQ(one.file_gates->at("circle").at("max_step"), "<= 1");
  EXPECT_EQ(one.samples, 3u);
  EXPECT_EQ(one.seed, 7u);
  EXPECT_FALSE(one.is_drawn_by_torch);
}

TEST(ManifestSmoke, DefaultsAreAsTheSchemaSays) {
  const Manifest manifest = parse_manifest(
      with_case({{"name", "small"}, {"entry", "prefill"}, {"inputs", {{"x", {{"shape", {2}}}}}}}).dump());
  const SmokeCase& one = manifest.components.at(0).smoke.at(0);
  EXPECT_EQ(one.samples, 8u);
  EXPECT_EQ(one.seed, 42u);
  EXPECT_EQ(*one.quantization, json::parse(R"({"weight": {"dtype": "int8"}})"));
  EXPECT_TRUE(one.config->empty() && one.gates->empty() && one.without.empty());
  json without = with_case(sound_case());
  without["components"][0].erase("smoke");
  EXPECT_TRUE(parse_manifest(without.dump()).components[0].smoke.empty());
}

struct SpoiledCase {
  const char* name;
  void (*spoil)(json& one);
  const char* text;
};

TEST(ManifestSmoke, EachFaultIsNamed) {
  const SpoiledCase rows[] = {
      {"no name", [](json& c) { c.erase("name"); }, "name"},
      {"name of letters that no command line likes", [](json& c) { c["name"] = "Small case"; }, "schema"},
      {"no inputs", [](json& c) { c.erase("inputs"); }, "inputs"},
      {"unknown key", [](json& c) { c["gate"] = json::object(); }, "gate"},
      {"unknown key of an input", [](json& c) { c["inputs"]["x"]["shap"] = {1}; }, "shap"},
      {"unknown key of a tensor", [](json& c) { c["tensors"]["weight"]["dtype"] = "float32"; }, "dtype"},
      {"unknown metric", [](json& c) { c["gates"]["pier"] = "<= 1"; }, "pier"},
      {"limit without a comparison", [](json& c) { c["gates"]["peir"] = "0.01"; }, "schema"},
      {"limit of the file that asks for nothing", [](json& c) { c["file_gates"]["circle"] = json::object(); },
       "schema"},
      {"too many samples", [](json& c) { c["samples"] = 65; }, "schema"},
      {"no sample", [](json& c) { c["samples"] = 0; }, "schema"},
      {"another generator", [](json& c) { c["generator"] = "numpy"; }, "schema"},
      {"extent of zero", [](json& c) { c["inputs"]["x"]["shape"] = {0}; }, "schema"},
      {"number that is text", [](json& c) { c["numbers"]["limit"] = "2"; }, "schema"},
      {"unknown entry", [](json& c) { c["entry"] = "prefil"; }, "did you mean \"prefill\"?"},
      {"input that is not described", [](json& c) { c["inputs"].erase("ids"); },
       "the input \"ids\" of the entry forward is not described"},
      {"input that the entry lacks", [](json& c) { c["entry"] = "prefill"; },
       "the entry prefill has no input \"ids\""},
      {"integers from nowhere", [](json& c) { c["inputs"]["ids"]["high"] = 0; }, "no integer lies in [0, 0)"},
      {"large input",
       [](json& c) {
         c["inputs"]["x"]["shape"] = {5000, 5000};
       },
       "more than 16777216 elements"},
      {"large tensor",
       [](json& c) {
         c["tensors"]["weight"]["shape"] = {5000, 5000};
       },
       "more than 16777216 elements"},
      {"integers by torch", [](json& c) { c["generator"] = "torch"; },
       "the generator torch does not draw the input \"ids\""},
      {"few numbers by torch",
       [](json& c) {
         c["generator"] = "torch", c["entry"] = "prefill";
         c["inputs"] = {{"x", {{"shape", {15}}}}};
       },
       "the generator torch does not draw the input \"x\""},
      {"a tensor of its own by torch",
       [](json& c) {
         c["generator"] = "torch", c["entry"] = "prefill";
         c["inputs"] = {{"x", {{"shape", {16}}}}};
       },
       "the generator torch draws the tensor \"weight\""}};
  for (const SpoiledCase& row : rows) {
    json one = sound_case();
    row.spoil(one);
    try {
      (void)parse_manifest(with_case(one).dump());
      ADD_FAILURE() << row.name << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kPlugin) << row.name;
      EXPECT_NE(error.format().find(row.text), std::string::npos) << row.name << "\n" << error.format();
    }
  }
}

TEST(ManifestSmoke, OnlyWrappersHaveCasesAndEachNameOnce) {
  json manifest = with_case(sound_case());
  manifest["components"][0]["smoke"].push_back(sound_case());
  const auto refused = [&](const char* text) {
    try {
      (void)parse_manifest(manifest.dump());
      ADD_FAILURE() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_NE(error.format().find(text), std::string::npos) << error.format();
    }
  };
  refused("the smoke case is there twice");
  manifest = with_case(sound_case());
  manifest["components"][0]["kind"] = "observer";
  refused("only wrappers have them");
}

}  // namespace
}  // namespace vernier::core
