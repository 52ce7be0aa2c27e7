// Smoke cases on the reference device: the wrappers that come with the host, and a plugin whose cases are
// wrong in one way each.
#include "vernier/core/smoke.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SmokeOptions smoke_options(std::vector<std::string> types) {
  SmokeOptions options;
  options.types = std::move(types);
  options.backend = "circle";
  options.file_gates = json{{"codes_differ", "<= 0"}, {"peir", "<= 0.00001"}};
  options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/smokes/smokes.so"};
  options.device = &make_reference_device;
  return options;
}

json only_row(const json& result) {
  EXPECT_EQ(result.at("cases").size(), 1u);
  return result.at("cases").at(0);
}

// But for those of the size of E2B, whose millions of weights are for an optimised device: CI runs them by
// the command.
TEST(Smoke, EveryWrapperOfOursHasACaseThatHolds) {
  SmokeOptions options = smoke_options({});
  options.plugin_files.clear();
  const json listed = list_smoke(options);
  EXPECT_EQ(listed.at("without_case"), json::array());
  std::set<std::string> names;
  for (const json& row : listed.at("cases")) names.insert(row.at("case").get<std::string>());
  size_t cases = 0;
  for (const std::string& name : names) {
    if (name.rfind("e2b", 0) == 0) continue;
    options.name = name;
    const json result = smoke(options);
    for (const json& row : result.at("cases")) EXPECT_EQ(row.at("verdict"), "ok") << row.dump(1);
    EXPECT_EQ(result.at("exit_code"), 0) << name;
    cases += result.at("cases").size();
  }
  EXPECT_GE(cases, 40u);
}

TEST(Smoke, TheSeedExampleGivesThePublishedNumbers) {
  SmokeOptions options = smoke_options({"Gemma4MultimodalEmbedder"});
  options.name = "seed";
  const json row = only_row(smoke(options));
  EXPECT_NEAR(row.at("mean_abs_diff").get<double>(), 0.00726499, 5e-9);
  EXPECT_NEAR(row.at("peir").get<double>(), 0.008677608, 5e-8);  // sums in another order than LibTorch
  EXPECT_EQ(row.at("file").at("codes"), 1024);
  EXPECT_EQ(row.at("file").at("codes_differ"), 0);
}

TEST(Smoke, OptionalTensorsNumbersShapesAndEntriesAreAsTheCaseSays) {
  const json result = smoke(smoke_options({"SmokesScale"}));
  std::map<std::string, double> errors;
  for (const json& row : result.at("cases")) {
    EXPECT_EQ(row.at("verdict"), "ok") << row.dump(1);
    errors[row.at("case")] = row.at("mean_abs_diff");
  }
  ASSERT_EQ(errors.size(), 5u);
  EXPECT_NE(errors["small"], errors["bare"]) << "without the shift";
  EXPECT_NE(errors["small"], errors["fixed"]) << "weights of another distribution";
  EXPECT_NE(errors["small"], errors["wide"]) << "nothing is clamped";
  EXPECT_NE(errors["small"], errors["before"]) << "the entry prefill";
}

TEST(Smoke, MasksAndIndicesAreInputsToo) {
  SmokeOptions options = smoke_options({"SmokesMask"});
  options.backend.clear();
  const json row = only_row(smoke(options));
  EXPECT_EQ(row.at("verdict"), "ok") << row.dump(1);
  EXPECT_TRUE(row.at("file").is_null());
  EXPECT_GT(row.at("mean_abs_diff").get<double>(), 0);
}

TEST(Smoke, WhatIsWrongIsInTheRowAndTheOthersRun) {
  const json result = smoke(smoke_options({"SmokesTight", "SmokesOpen", "SmokesAstray", "SmokesFails"}));
  std::map<std::string, json> rows;
  for (const json& row : result.at("cases"))
    rows[row.at("type").get<std::string>() + " " + row.at("case").get<std::string>()] = row;
  ASSERT_EQ(rows.size(), 7u);
  const std::map<std::string, std::string> texts = {
      {"SmokesTight small", "gate peir <= 1e-07 of the fake-quant run against float was not met"},
      {"SmokesOpen small", "nothing fixes extent 0 of the tensor weight, which is declared as [-1]"},
      {"SmokesAstray tensor", "did you mean \"weight\"?"},
      {"SmokesAstray number", "the wrapper reads the number factor, which the case does not give"},
      {"SmokesAstray optional", "\"without\": no module asks for \"weight\""},
      {"SmokesAstray key", "did you mean \"dim\"?"},
      {"SmokesFails small", "SmokesFails always fails"}};
  for (const auto& [name, text] : texts) {
    const bool is_gate = name == "SmokesTight small";
    EXPECT_EQ(rows[name].at("exit_code"), is_gate ? 4 : 3) << name;
    EXPECT_EQ(rows[name].at("verdict"), is_gate ? "gate" : "error") << name;
    std::string said;
    for (const json& one : rows[name].at("errors"))
      for (const char* part : {"what", "where", "hint"}) said += one.at(part).get<std::string>() + "\n";
    EXPECT_THAT(said, HasSubstr(text)) << name;
    EXPECT_THAT(said, ::testing::Not(HasSubstr(".vernier-"))) << "the folder is gone";
  }
  EXPECT_EQ(result.at("exit_code"), 3) << "the worst";
}

// The type in between: GELU of 16 bits is computed in 16 bits, and its result of 8 bits is rounded again.
TEST(Smoke, AFileThatIsNotWhatItShouldBeDiffers) {
  SmokeOptions options = smoke_options({"GELU"});
  options.file_gates = json{{"codes_differ", "<= 0"}};
  options.overrides = {R"(quantization.rules=[{"match": "act_in", "dtype": "int16", "scheme": "symmetric"}])",
                       R"(export.0.gates={"quantized_to_file": {"codes_differ": "<= 0"}})"};
  const json row = only_row(smoke(options));
  EXPECT_EQ(row.at("verdict"), "differs") << row.dump(1);
  EXPECT_EQ(row.at("exit_code"), 4);
  EXPECT_GT(row.at("file").at("codes_differ"), 0);
}

TEST(Smoke, AnOverrideThatIsWrongIsTheUsersFault) {
  SmokeOptions options = smoke_options({"Linear"});
  options.overrides = {"quantization.weight.dtype=int9"};
  const json row = only_row(smoke(options));
  EXPECT_EQ(row.at("exit_code"), 2);
}

TEST(Smoke, WithoutAFileOnlyForwardRuns) {
  SmokeOptions options = smoke_options({"SmokesScale"});
  options.backend.clear();
  options.name = "before";
  const json row = only_row(smoke(options));
  EXPECT_EQ(row.at("exit_code"), 2);
  EXPECT_THAT(row.at("errors").dump(), HasSubstr("only the entry forward runs, not prefill"));
}

TEST(Smoke, TypesWithoutACaseAreNamed) {
  SmokeOptions options = smoke_options({});
  EXPECT_THAT(list_smoke(options).at("without_case").get<std::vector<std::string>>(),
              ElementsAre("SmokesBare"));
  options.name = "seed";
  const json listing = list_smoke(options);
  EXPECT_EQ(only_row(listing).at("type"), "Gemma4MultimodalEmbedder");
  EXPECT_GE(listing.at("without_case").size(), 27u);
}

TEST(Smoke, NamesThatAreNotThereAreUsageErrors) {
  const auto refused = [](const char* text, auto change) {
    SmokeOptions options = smoke_options({"SmokesScale"});
    change(options);
    test::expect_error(ErrorKind::kUsage, text, [&] { (void)smoke(options); });
  };
  refused("no wrapper serves the module type \"SmokeScale\"",
          [](SmokeOptions& options) { options.types = {"SmokeScale"}; });
  refused("no smoke case for SmokesBare", [](SmokeOptions& options) { options.types = {"SmokesBare"}; });
  refused("no case is called \"smal\"", [](SmokeOptions& options) { options.name = "smal"; });
  refused("no backend is called \"circel\"", [](SmokeOptions& options) { options.backend = "circel"; });
  refused("no smoke case \"bare\" for SmokesTight", [](SmokeOptions& options) {
    options.types = {"SmokesScale", "SmokesTight"};
    options.name = "bare";
  });
}

TEST(Smoke, StopsWhereItIsAsked) {
  RunControl control;
  control.request_stop();
  SmokeOptions options = smoke_options({"Linear"});
  options.control = &control;
  test::expect_error(ErrorKind::kInterrupted, "stopped by the user (SIGINT)", [&] { (void)smoke(options); });
}

}  // namespace
}  // namespace vernier::core
