// What a recipe with a program can do besides: qparams of an earlier run, outputs of both runs, an account of
// samples that a processor made.
#include <gmock/gmock.h>

#include "core/session/words_fixture.h"
#include "text/json_schema.h"

namespace vernier::core::testing {
namespace {

using ::testing::HasSubstr;

class WordsRun : public WordsRecipe {
 protected:
  json run_into(const std::string& out) { return *run(options(out)).report; }
  json run_from(const std::string& file, const std::string& out) {
    SessionOptions made = options(out);
    made.overrides = {"quantization.from=" + file};
    return *run(made).report;
  }
  void expect_same_files(const std::string& one, const std::string& other) {
    for (const char* name :
         {"body.circle", "head.circle", "next.circle", "program.json", "golden.safetensors", "qparams.json"})
      EXPECT_EQ(test::read_file(folder_ / one / name), test::read_file(folder_ / other / name)) << name;
  }
};

TEST_F(WordsRun, FromQparamsNothingIsCalibratedAndAllFilesAreTheSame) {
  const json first = run_into("first");
  const json second = run_from("first/qparams.json", "second");
  expect_same_files("first", "second");
  EXPECT_EQ(second.at("metrics"), first.at("metrics"));
  EXPECT_EQ(second.at("program").at("executed"), first.at("program").at("executed"));
  EXPECT_EQ(second.at("program").at("ties"), first.at("program").at("ties"));
  EXPECT_EQ(second.at("samples"), (json{{"calibration", 0}, {"evaluation", 2}}));
  EXPECT_EQ(second.at("qparams_from").at("file"), (folder_ / "first/qparams.json").string());
  for (const json& unit : second.at("program").at("units")) EXPECT_EQ(unit.at("calls"), 0);
  for (const json& site : second.at("coverage").at("sites")) EXPECT_EQ(site.at("collected"), 0);
  for (const char* phase : {"calibrate", "observe_weights"}) {
    EXPECT_FALSE(second.at("seconds").contains(phase)) << phase;
    EXPECT_FALSE(second.at("memory").at("phases").contains(phase)) << phase;
  }
}

TEST_F(WordsRun, FromQparamsCalibrationSamplesAreNotNeeded) {
  run_into("first");
  recipe_.erase("calibration");
  test::expect_error(ErrorKind::kUsage, "missing key \"calibration\"", [&] { run_into("second"); });
  (void)run_from("first/qparams.json", "second");
  expect_same_files("first", "second");
  recipe_ = read_json(folder_ / "second/recipe.effective.json");  // says the same
  (void)run_into("third");
  expect_same_files("first", "third");
  recipe_.erase("evaluation");
  test::expect_error(ErrorKind::kUsage, "the program is evaluated on them", [&] { run_into("fourth"); });
}

TEST_F(WordsRun, QparamsThatDoNotFitAreRefusedWithTheirPlace) {
  run_into("first");
  const json good = read_json(folder_ / "first/qparams.json");
  const auto refuses = [&](const std::string& text) {
    SessionOptions made = options("second");
    made.overrides = {"quantization.from=changed.json"};
    test::expect_error(ErrorKind::kUsage, text, [&] { (void)plan(made); });
    test::expect_error(ErrorKind::kUsage, "changed.json:", [&] { (void)run(made); });
    EXPECT_FALSE(std::filesystem::exists(folder_ / "second"));
  };
  const auto changed = [&](const auto& change) {
    json rows = good;
    for (json& row : rows) change(row);
    test::write_file(folder_ / "changed.json", rows.dump(1));
  };
  changed([](json& row) {
    if (row.at("site") == "head/act_out") row["site"] = "tail/act_out";
  });
  refuses("site head/act_out of the model is not in the file");
  changed([](json& row) {
    if (row.at("site") != "embed/weight") return;
    row["scale"] = {1.0, 1.0};
    row["zero_point"] = {0, 0};
  });
  refuses("site embed/weight has 2 scales");
  test::write_file(folder_ / "changed.json", good.dump(1));
  recipe_["quantization"]["activation"]["dtype"] = "int16";
  refuses("has uint8 here, and the recipe gives it int16");
}

TEST_F(WordsRun, OutputsAreTheScoresAndTokensOfBothRuns) {
  SessionOptions made = options();
  made.save_outputs = true;
  const json report = *run(made).report;
  const Checkpoint file = Checkpoint::open(folder_ / "out/outputs.safetensors");
  const json& evaluation = report.at("program").at("evaluation");
  double greatest = 0;
  int64_t same = 0;
  for (const auto& [end, tokens] : {std::pair("", 3), std::pair(".1", 2)}) {
    const auto scores = [&, tail = std::string(end)](const char* lane) {
      return file.tensor(std::string(lane) + ".scores" + tail);
    };
    const auto chosen = [&, tail = std::string(end)](const char* lane) {
      return file.tensor(std::string(lane) + ".tokens" + tail);
    };
    const core::Tensor floats = scores("float_out"), quantized = scores("quant_out");
    EXPECT_EQ(floats.shape, (Shape{tokens, 26}));
    EXPECT_EQ(quantized.shape, (Shape{tokens, 26}));
    for (int64_t i = 0; i < floats.elements(); ++i)
      greatest = std::max(greatest, std::abs(double{floats.as<float>()[i]} - quantized.as<float>()[i]));
    for (const auto& [lane, all] : {std::pair("float_out", floats), std::pair("quant_out", quantized)}) {
      const core::Tensor found = chosen(lane);
      ASSERT_EQ(found.shape, Shape{tokens});
      for (int64_t row = 0; row < tokens; ++row) {
        const float* begin = all.as<float>() + row * 26;
        EXPECT_EQ(found.as<int32_t>()[row], std::max_element(begin, begin + 26) - begin) << lane << row;
      }
    }
    for (int64_t row = 0; row < tokens; ++row)
      same += chosen("float_out").as<int32_t>()[row] == chosen("quant_out").as<int32_t>()[row] ? 1 : 0;
  }
  EXPECT_GT(greatest, 0);
  EXPECT_EQ(evaluation.at("metrics").at("max_abs_diff"), greatest);
  EXPECT_EQ(evaluation.at("same_tokens"), same);
}

// All samples have outputs, though files run on one of them.
TEST_F(WordsRun, OutputsDoNotChangeHowManySamplesTheFilesRunOn) {
  recipe_["export"][0]["verify"]["samples"] = 1;
  SessionOptions made = options();
  made.save_outputs = true;
  EXPECT_EQ(run(made).report->at("program").at("executed").at("samples"), 1);
  EXPECT_TRUE(Checkpoint::open(folder_ / "out/outputs.safetensors").contains("quant_out.tokens.1"));
  std::filesystem::remove_all(folder_ / "out");
  EXPECT_EQ(run_into("out").at("program").at("executed").at("samples"), 1);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/outputs.safetensors"));
}

// The same letters by a processor; one evaluation sample is one that calibrates.
class WordsOfPrompts : public WordsRun {
 protected:
  WordsOfPrompts() {
    test::write_file(folder_ / "c.jsonl",
                     "{\"text\": \"bcz\", \"answer\": \"ef\"}\n{\"text\": \"hyja\", \"answer\": \"ld\"}\n"
                     "{\"text\": \"u\", \"answer\": \"bc\"}\n");
    test::write_file(folder_ / "e.jsonl", "{\"text\": \"bcz\", \"answer\": \"ef\"}\n{\"text\": \"defgh\"}\n");
    recipe_["calibration"]["inputs"] = prompts("c.jsonl");
    recipe_["evaluation"]["inputs"] = prompts("e.jsonl");
  }
  static json prompts(const std::string& path) {
    return {{"kind", "prompts"}, {"path", path}, {"processor", "spelling"}};
  }
};

TEST_F(WordsOfPrompts, TheReportSaysWhatTheyWere) {
  const json report = run_into("out");
  EXPECT_TRUE(validate_schema(read_json(source_file("schemas/report.schema.json")), report).empty());
  ASSERT_EQ(report.at("units").size(), 1U);
  const json& prompts = report.at("units")[0].at("prompts");
  const json& calibration = prompts.at("calibration");
  EXPECT_EQ(calibration.at("lines"), 3);
  EXPECT_EQ(calibration.at("samples"), 3);
  EXPECT_EQ(calibration.at("tokens"),
            (json{{"samples", 3}, {"least", 3}, {"greatest", 6}, {"total", 5 + 6 + 3}}));
  EXPECT_EQ(calibration.at("answers"), (json{{"samples", 3}, {"least", 2}, {"greatest", 2}, {"total", 6}}));
  EXPECT_EQ(calibration.at("inputs"), (json{{"input", 3}}));
  EXPECT_EQ(calibration.at("processor"), "spelling");
  EXPECT_EQ(calibration.at("pictures"), 0);
  EXPECT_EQ(prompts.at("evaluation").at("answers").at("samples"), 1);
  EXPECT_EQ(prompts.at("evaluation").at("also_calibration"), 1);
  for (const json& unit : report.at("program").at("units")) {
    EXPECT_EQ(unit.at("samples"), 3) << unit.at("name");
    EXPECT_FALSE(unit.contains("prompts"));
  }
  ASSERT_EQ(report.at("warnings").size(), 2U) << report.at("warnings");
  EXPECT_EQ(report.at("warnings")[0].at("text").get<std::string>().substr(0, 44),
            "the float model itself gives 0 of 2 tokens o");
  EXPECT_EQ(report.at("warnings")[1].at("text"), "1 of 2 evaluation samples are calibration samples too");
  EXPECT_EQ(plan(options()).at("prompts"), prompts);
}

TEST_F(WordsOfPrompts, TheNumbersAreThoseOfTheSameTokens) {
  const json of_words = run_into("out").at("metrics");
  recipe_["calibration"]["inputs"] = {{"kind", "jsonl"}, {"path", "calibration.jsonl"}};
  recipe_["evaluation"]["inputs"] = {{"kind", "jsonl"}, {"path", "same.jsonl"}};
  test::write_file(folder_ / "same.jsonl",
                   "{\"input\": [1, 2, 25], \"answer_ids\": [4, 5]}\n{\"input\": [3, 4, 5, 6, 7]}\n");
  const json report = run_into("tokens");
  EXPECT_EQ(report.at("metrics"), of_words);
  EXPECT_FALSE(report.at("units")[0].contains("prompts"));
  EXPECT_TRUE(plan(options()).at("prompts").is_null());
}

TEST_F(WordsOfPrompts, EachLineIsMadeOnce) {
  for (const char* data : {"calibration", "evaluation"})
    recipe_[data]["inputs"]["options"] = {{"log", (folder_ / "log").string()}};
  run_into("out");
  EXPECT_EQ(test::read_file(folder_ / "log"), "bcz\nhyja\nu\nbcz\ndefgh\n");
}

}  // namespace
}  // namespace vernier::core::testing
