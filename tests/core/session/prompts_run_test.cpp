// Whole runs on samples that a processor made: they equal runs on the same numbers, and the report says what
// the samples were.
#include <gmock/gmock.h>

#include "core/session/units_fixture.h"

namespace vernier::core::testing {
namespace {

using ::testing::HasSubstr;

// "TEXT at PLACE" of each, but that samples have several shapes, as those of these tests have.
std::vector<std::string> texts_of(const json& warnings) {
  std::vector<std::string> texts;
  for (const json& one : warnings) {
    const std::string text = one["text"];
    if (text.find("different shapes") == std::string::npos)
      texts.push_back(text + " at " + one["where"].get<std::string>());
  }
  return texts;
}

class Prompts : public ::testing::Test {
 protected:
  Prompts() {
    test::write_tensors(folder_ / "checkpoint/model.safetensors", {{"weight", test::ramp({26, 4})}});
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    test::write_file(folder_ / "a.jsonl", "{\"text\": \"abc\"}\n{\"text\": \"z\", \"answer\": \"y\"}\n");
    test::write_file(folder_ / "b.txt", "# others\nabc\nd\nzy\n");
    recipe_ = {{"version", 1},
               {"model",
                {{"checkpoint", "checkpoint"},
                 {"type", "Embedding"},
                 {"config", {{"num_embeddings", 26}, {"embedding_dim", 4}}}}},
               {"calibration", {{"inputs", prompts("a.jsonl")}}},
               {"evaluation", {{"inputs", prompts("b.txt")}, {"samples", 3}}},
               {"export", {{{"backend", "circle"}, {"file", "e.circle"}, {"profile", "none"}}}},
               {"runtime", {{"isolate", false}}}};
  }
  static json prompts(const std::string& path) {
    return {{"kind", "prompts"}, {"path", path}, {"processor", "spelling"}};
  }
  [[nodiscard]] SessionOptions options(const char* out = "run") const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/spelling/spelling.so"};
    options.out = folder_ / out;
    options.save_outputs = true;
    options.device = &make_reference_device;
    return options;
  }
  [[nodiscard]] std::string bytes(const char* file) const { return test::read_file(folder_ / file); }

  test::TempFolder folder_;
  json recipe_;
};

TEST_F(Prompts, ARunEqualsOneOnTheSameNumbers) {
  const json report = *run(options()).report;
  recipe_["calibration"]["inputs"] = {{"kind", "jsonl"}, {"path", "a_tokens.jsonl"}};
  recipe_["evaluation"]["inputs"] = {{"kind", "jsonl"}, {"path", "b_tokens.jsonl"}};
  test::write_file(folder_ / "a_tokens.jsonl", "{\"input\": [[0, 1, 2]]}\n{\"input\": [[25, 24]]}\n");
  test::write_file(folder_ / "b_tokens.jsonl",
                   "{\"input\": [[0, 1, 2]]}\n{\"input\": [[3]]}\n{\"input\": [[25, 24]]}\n");
  const json plain = *run(options("plain")).report;
  for (const char* file : {"qparams.json", "e.circle", "outputs.safetensors"})
    EXPECT_EQ(test::read_file(folder_ / "run" / file), test::read_file(folder_ / "plain" / file)) << file;
  EXPECT_FALSE(plain["units"][0].contains("prompts"));
  EXPECT_EQ(texts_of(plain["warnings"]).size(), 0u);

  const json& seen = report["units"][0]["prompts"];
  EXPECT_EQ(seen["calibration"]["samples"], 2);
  EXPECT_EQ(seen["calibration"]["answers"]["samples"], 1);
  EXPECT_EQ(seen["calibration"]["tokens"]["total"], 5);
  EXPECT_EQ(seen["evaluation"]["samples"], 3);
  EXPECT_EQ(seen["evaluation"]["also_calibration"], 2);
  EXPECT_NE(seen["evaluation"]["sha256"], seen["calibration"]["sha256"]);
  EXPECT_THAT(texts_of(report["warnings"]),
              ::testing::ElementsAre(
                  ::testing::AllOf(HasSubstr("2 of 3 evaluation samples are calibration samples too"),
                                   HasSubstr("(/evaluation/inputs)"))));
  std::vector<std::string> plugins;
  for (const json& one : report["plugins"]) plugins.push_back(one["id"]);
  EXPECT_THAT(plugins, ::testing::Contains("org.example.fixture.spelling"));
}

TEST_F(Prompts, EvaluationWithoutInputsHasThoseOfTheCalibrationAndSaysSo) {
  recipe_["evaluation"] = {{"samples", 2}};
  const json report = *run(options()).report;
  EXPECT_EQ(report["units"][0]["prompts"]["evaluation"]["also_calibration"], 2);
  EXPECT_THAT(texts_of(report["warnings"]),
              ::testing::ElementsAre(HasSubstr("2 of 2 evaluation samples are calibration samples too")));
}

TEST_F(Prompts, APlanSaysWhatTheSamplesAre) {
  recipe_["calibration"]["inputs"]["options"] = {{"letters", 2}};
  const json plan = core::plan(options());
  EXPECT_EQ(plan["units"][0]["prompts"]["calibration"]["cut"], 1);
  EXPECT_THAT(
      texts_of(plan["warnings"]),
      ::testing::Contains(HasSubstr("1 of 2 calibration samples lost tokens to the processor's options")));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
}

TEST_F(Prompts, AnInputThatFewLinesReachIsSaid) {
  test::write_tensors(folder_ / "checkpoint/model.safetensors", {{"weight", test::ramp({4})}});
  recipe_["model"]["type"] = "RMSNorm";
  recipe_["model"]["config"] = {{"dim", 4}};
  recipe_.erase("export");
  std::string lines;
  for (int i = 0; i < 80; ++i)
    lines += i < 9 ? "{\"text\": \"a\", \"image\": \"a.jsonl\"}\n" : "{\"text\": \"a\"}\n";
  test::write_file(folder_ / "pictures.jsonl", lines);
  recipe_["calibration"]["inputs"] = prompts("pictures.jsonl");
  recipe_["calibration"]["inputs"]["lacking"] = "skip";
  recipe_["evaluation"] = {{"samples", 1}};
  const json report = *run(options()).report;
  EXPECT_EQ(report["samples"]["calibration"], 9);
  ASSERT_EQ(report["warnings"].size(), 2u);
  EXPECT_EQ(report["warnings"][1]["text"], "1 of 1 evaluation samples are calibration samples too");
  EXPECT_EQ(report["warnings"][0]["text"],
            "only 9 of 80 calibration lines give the input \"x\": what is behind it sees little");
  EXPECT_THAT(report["warnings"][0]["where"].get<std::string>(), HasSubstr("(/calibration/inputs)"));
}

TEST_F(Prompts, AJournalFollowsTheSamples) {
  SessionOptions kept = options();
  kept.journal = folder_ / "journal";
  EXPECT_FALSE((*run(kept).report)["journal"]["reused"].get<bool>());
  EXPECT_TRUE((*run(kept).report)["journal"]["reused"].get<bool>());
  test::write_file(folder_ / "a.jsonl", "{\"text\": \"abd\"}\n{\"text\": \"z\", \"answer\": \"y\"}\n");
  EXPECT_FALSE((*run(kept).report)["journal"]["reused"].get<bool>());
}

TEST_F(Units, SamplesThatAreLeftOutDoNotFeedUnits) {
  for (const char* part : {"prefill", "decode"}) {
    SCOPED_TRACE(part);
    const size_t unit = part == std::string("prefill") ? 0 : 1;
    const json before = recipe_["units"][unit]["calibration"]["inputs"];
    json& inputs = recipe_["units"][unit]["calibration"]["inputs"];
    inputs = {{"kind", "prompts"}, {"path", "p.jsonl"}, {"processor", "spelling"}, {"lacking", "skip"}};
    if (unit == 1) inputs["from_units"] = before["from_units"];
    const std::string line = "{\"text\": \"a\", \"image\": \"p.jsonl\"}\n";
    test::write_file(folder_ / "p.jsonl", line + line);
    SessionOptions session = options();
    session.plugin_files.push_back(std::filesystem::path(VERNIER_BINARY_DIR) /
                                   "fixtures/spelling/spelling.so");
    test::expect_error(ErrorKind::kUsage, std::string("unit ") + part + " leaves out samples",
                       [&] { (void)run(session); });
    recipe_["units"][unit]["calibration"]["inputs"] = before;
  }
}

}  // namespace
}  // namespace vernier::core::testing
