// A model's folder to one file: what is left beside it, what is refused, and that nothing else stays.
#include "vernier/core/quantize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/session.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

// A BERT of two layers with a tokenizer of eight words.
class OneFile : public ::testing::Test {
 protected:
  OneFile() {
    const fs::path data = fs::path(VERNIER_SOURCE_DIR) / "tests/data/golden/bert_tiny";
    fs::create_directories(folder_ / "model");
    for (const char* name : {"config.json", "model.safetensors"})
      fs::copy_file(data / name, folder_ / "model" / name);
    json words = json::object();
    const char* const known[] = {"[PAD]", "[UNK]", "one", "two", "three", "four", "five", "six"};
    for (size_t i = 0; i < std::size(known); ++i) words[known[i]] = i;
    const json tokenizer = {{"version", "1.0"},
                            {"truncation", nullptr},
                            {"padding", nullptr},
                            {"added_tokens", json::array()},
                            {"normalizer", nullptr},
                            {"pre_tokenizer", {{"type", "Whitespace"}}},
                            {"post_processor", nullptr},
                            {"decoder", nullptr},
                            {"model", {{"type", "WordLevel"}, {"vocab", words}, {"unk_token", "[UNK]"}}}};
    test::write_file(folder_ / "model/tokenizer.json", tokenizer.dump());
    test::write_file(folder_ / "model/tokenizer_config.json", R"({"pad_token": "[PAD]"})");
    test::write_file(folder_ / "lines.txt", "one two three\nfour five six one\ntwo two\nsix five one four\n");
    options_.init.model = folder_ / "model";
    options_.init.precision = "w8a16";
    options_.init.samples = folder_ / "lines.txt";
    options_.init.tokens = 8;
    options_.file = folder_ / "out/my.tflite";
    options_.device = &make_reference_device;
    const char* given = std::getenv("VERNIER_PYTHON");
    const std::string python =
        given != nullptr && *given != '\0' ? given : VERNIER_SOURCE_DIR "/.venv-processor/bin/python";
    for (const char* which : {"calibration", "evaluation"})
      options_.overrides.push_back(std::string(which) + ".inputs.options.python=" + python);
  }
  // Names in the folder, sorted.
  [[nodiscard]] std::vector<std::string> names(const fs::path& folder) const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder))
      found.push_back(entry.path().filename().string());
    std::ranges::sort(found);
    return found;
  }

  const test::TempFolder folder_;
  QuantizeOptions options_;
};

TEST_F(OneFile, IsMadeWithItsReportAndNothingElse) {
  const RunResult result = quantize(options_);
  EXPECT_FALSE(result.not_met.has_value());
  EXPECT_THAT(names(folder_ / "out"),
              ElementsAre("my.tflite", "my.tflite.report.html", "my.tflite.report.json"));
  EXPECT_THAT(names(folder_.path()), ElementsAre("lines.txt", "model", "out"));
  EXPECT_EQ(test::read_file(folder_ / "out/my.tflite").substr(4, 4), "TFL3");
  const json report = json::parse(test::read_file(folder_ / "out/my.tflite.report.json"));
  EXPECT_EQ(report["verdict"]["bytes"], fs::file_size(folder_ / "out/my.tflite"));
  EXPECT_EQ(report["exports"][0]["file"], "my.tflite");
  EXPECT_THAT(report.dump(), Not(HasSubstr(".vernier-"))) << "the stage is nobody's business";
  EXPECT_EQ(report["recipe"], "the recipe that --recipe FILE keeps");
}

// The recipe that is kept makes the same bytes.
TEST_F(OneFile, EqualsThatOfTheRecipeThatIsKept) {
  options_.init.recipe = folder_ / "recipes/my.json";
  fs::create_directories(folder_ / "recipes");
  quantize(options_);
  const json recipe = json::parse(test::read_file(options_.init.recipe), nullptr, true, true);
  EXPECT_EQ(recipe["model"]["checkpoint"], "../model") << "a kept recipe moves with its model";
  SessionOptions again;
  again.recipe = options_.init.recipe;
  again.overrides = options_.overrides;
  again.out = folder_ / "again";
  again.device = &make_reference_device;
  run(again);
  EXPECT_TRUE(test::read_file(folder_ / "again/model.q.tflite") ==
              test::read_file(folder_ / "out/my.tflite"));
  test::expect_error(ErrorKind::kUsage, "the recipe exists already", [&] { (void)quantize(options_); });
}

TEST_F(OneFile, OfAGateThatIsNotMetIsTheReportAndTheEarlierFileStays) {
  test::write_file(options_.file, "earlier");
  options_.overrides.emplace_back(R"(gates={"cosine": ">= 1.5"})");
  const RunResult result = quantize(options_);
  ASSERT_TRUE(result.not_met.has_value());
  EXPECT_EQ(result.not_met->exit_code(), 4);
  const std::string text = result.not_met->format();
  EXPECT_THAT(text, HasSubstr((folder_ / "out/my.tflite.report.json").string()));
  EXPECT_THAT(text, Not(HasSubstr(".vernier-")));
  EXPECT_EQ(test::read_file(options_.file), "earlier");
  EXPECT_THAT(names(folder_ / "out"),
              ElementsAre("my.tflite", "my.tflite.report.html", "my.tflite.report.json"));
  EXPECT_EQ(result.report->at("verdict").at("result"), "FAIL");
}

TEST_F(OneFile, ChoosesItsTargetByTheEndOfItsName) {
  options_.file = folder_ / "out/my.bin";
  test::expect_error(ErrorKind::kUsage, "no target writes a file that ends as \"my.bin\" does",
                     [&] { (void)quantize(options_); });
  options_.file = folder_ / "my.onnx";
  quantize(options_);
  EXPECT_EQ(json::parse(test::read_file(folder_ / "my.onnx.report.json"))["exports"][0]["backend"], "onnx");
  options_.init.target = "tflite";  // whatever it is called
  options_.file = folder_ / "other.bin";
  quantize(options_);
  EXPECT_EQ(test::read_file(folder_ / "other.bin").substr(4, 4), "TFL3");
}

TEST_F(OneFile, IsNeverAnInput) {
  const auto refused = [&](const fs::path& file, const std::string& what) {
    const std::string before = fs::is_regular_file(file) ? test::read_file(file) : "";
    options_.file = file;
    test::expect_error(ErrorKind::kUsage, what, [&] { (void)quantize(options_); });
    if (!before.empty()) {
      EXPECT_EQ(test::read_file(file), before);
    }
  };
  options_.init.target = "tflite";
  refused(folder_ / "model/model.safetensors", "would be written into the checkpoint");
  refused(folder_ / "model/new.tflite", "would be written into the checkpoint");
  refused(folder_ / "lines.txt", "would overwrite a calibration input");
  fs::create_symlink(folder_ / "lines.txt", folder_ / "link.tflite");
  refused(folder_ / "link.tflite", "would overwrite a calibration input");
  options_.init.recipe = folder_ / "kept.json";
  refused(folder_ / "kept.json", "would overwrite the recipe");
  EXPECT_FALSE(fs::exists(folder_ / "kept.json"));
  // The report, too.
  options_.init.recipe = folder_ / "m.tflite.report.json";
  refused(folder_ / "m.tflite", "would overwrite the recipe");
}

TEST_F(OneFile, IsRefusedAsInitAndRunWouldAndLeavesNothing) {
  options_.init.precision = "w2a2";
  test::expect_error(ErrorKind::kUsage, "no preset is \"w2a2\" for the target tflite",
                     [&] { (void)quantize(options_); });
  options_.init.precision = "w8a16";
  test::write_file(folder_ / "lines.txt", "\n");
  test::expect_error(ErrorKind::kData, "lines.txt", [&] { (void)quantize(options_); });
  test::write_file(folder_ / "lines.txt", "one\n");
  options_.overrides.emplace_back("quantization.weight.dtype=int7");
  test::expect_error(ErrorKind::kUsage, "--set quantization.weight.dtype=int7",
                     [&] { (void)quantize(options_); });
  options_.overrides.pop_back();
  options_.overrides.emplace_back(R"(gates={"cosin": ">= 1"})");
  test::expect_error(ErrorKind::kUsage, "--set gates=", [&] { (void)quantize(options_); });
  options_.overrides.pop_back();
  test::write_file(folder_ / "model/config.json", R"({"architectures": ["Gemma4ForCausalLM"]})");
  test::expect_error(ErrorKind::kUsage, "this model becomes several files, in a folder",
                     [&] { (void)quantize(options_); });
  EXPECT_THAT(names(folder_.path()), ElementsAre("lines.txt", "model"));
}

}  // namespace
}  // namespace vernier::core
