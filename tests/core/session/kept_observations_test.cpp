// runtime.journal: a second run with another dtype, clipping or backend calibrates no sample again and gives
// what it would have given without a journal; whatever the observations follow from, changed, makes it
// calibrate.
#include <gmock/gmock.h>

#include <span>

#include "calibration/observations.h"
#include "core/session/run_recipe.h"
#include "support/expect_error.h"
#include "support/linear_recipe.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Keeps the lines that a user sees.
struct Lines {
  std::string text;
  RunControl control{[this](const Progress& progress) { text += std::string(progress.text) + "\n"; }};
};

class Journal : public ::testing::Test {
 protected:
  Journal() {
    test::write_linear_checkpoint(folder_.path(), 3, 4, 1, 0);
    recipe_ = test::linear_recipe(folder_ / "checkpoint", true, {2, 4}, 5);
    recipe_["evaluation"] = {{"samples", 2}};
    recipe_["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", "uint8"}}}};
    recipe_["export"] = {{{"backend", "circle"}, {"file", "m.circle"}}};
  }

  struct Outcome {
    bool is_reused = false;
    std::string qparams, model, text;
  };

  // Through the journal, unless `name` is none.
  Outcome run_with(const nlohmann::json& recipe, const std::string& journal = "journal") {
    test::write_file(folder_ / "recipe.json", recipe.dump());
    Lines lines;
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / "out";
    options.device = &make_reference_device;
    options.control = &lines.control;
    if (!journal.empty()) options.journal = folder_ / journal;
    const RunResult result = run(options);
    const auto& told = result.report->at("journal");
    EXPECT_EQ(told.is_null(), journal.empty());
    return {!told.is_null() && told.at("reused").get<bool>(), test::read_file(folder_ / "out/qparams.json"),
            recipe.contains("export") ? test::read_file(folder_ / "out/m.circle") : "", lines.text};
  }
  // The same as without a journal, but reused.
  void expect_reused(const nlohmann::json& recipe) {
    const Outcome kept = run_with(recipe);
    EXPECT_TRUE(kept.is_reused) << kept.text;
    EXPECT_THAT(kept.text, HasSubstr("calibration is that of an earlier run"));
    const Outcome anew = run_with(recipe, "");
    EXPECT_EQ(kept.qparams, anew.qparams);
    EXPECT_EQ(kept.model, anew.model);
  }
  void expect_anew(const nlohmann::json& recipe, const std::string& said = "") {
    const Outcome outcome = run_with(recipe);
    EXPECT_FALSE(outcome.is_reused) << outcome.text;
    EXPECT_THAT(outcome.text, HasSubstr(said));
  }

  // Files of them in the journal.
  [[nodiscard]] size_t observations() const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder_ / "journal"))
      count += entry.path().extension() == ".observations" ? 1u : 0u;
    return count;
  }

  test::TempFolder folder_;
  nlohmann::json recipe_;
};

TEST_F(Journal, OfTheSameRecipeIsTaken) {
  expect_anew(recipe_);
  expect_reused(recipe_);
  EXPECT_EQ(observations(), 1u);
}

TEST_F(Journal, ServesAnotherDtypeSchemeObserversClipAndBackend) {
  recipe_["quantization"]["activation"]["observer"] = "percentile";
  expect_anew(recipe_);
  nlohmann::json other = recipe_;
  other["quantization"]["activation"]["dtype"] = "int16";
  other["quantization"]["weight"] = {{"dtype", "int8"}};
  other["quantization"]["rules"] =
      nlohmann::json::array({{{"match", "**/weight"}, {"granularity", "tensor"}}});
  expect_reused(other);
  other = recipe_;
  other["quantization"]["activation"]["options"] = {{"percentile", 90}};
  expect_reused(other);
  other["quantization"]["activation"] = {{"observer", "mse"}, {"dtype", "uint8"}};
  expect_reused(other);
  other["quantization"]["activation"] = {{"observer", "identity"}};
  other.erase("export");
  expect_reused(other);
  other = recipe_;
  other["export"] = {{{"backend", "tflite"}, {"file", "m.circle"}}};
  other["quantization"]["weight"] = {{"dtype", "int8"}, {"scheme", "symmetric"}};
  expect_reused(other);
  other["evaluation"]["samples"] = 3;
  expect_reused(other);
  EXPECT_EQ(observations(), 1u);
}

TEST_F(Journal, AnObserverThatSeesOtherwiseCalibrates) {
  expect_anew(recipe_);
  nlohmann::json other = recipe_;
  other["quantization"]["activation"]["observer"] = "ema";
  expect_anew(other, "observer ema of site act_in goes on from none of them; calibrating anew");
  expect_reused(other);
  other["quantization"]["activation"]["options"] = {{"momentum", 0.5}};
  expect_anew(other, "collected with another momentum");
  other["quantization"]["activation"] = {
      {"observer", "minmax"}, {"dtype", "uint8"}, {"granularity", "channel"}, {"axis", 1}};
  other.erase("export");
  expect_anew(other, "goes on from none of them");
}

TEST_F(Journal, WhateverItFollowsFromChangesIt) {
  recipe_.erase("export");
  expect_anew(recipe_);
  const auto changed = [&](const char* pointer, const nlohmann::json& value) {
    nlohmann::json other = recipe_;
    other[nlohmann::json::json_pointer(pointer)] = value;
    SCOPED_TRACE(pointer);
    expect_anew(other);
  };
  changed("/calibration/samples", 4);
  changed("/calibration/batch_size", 2);
  changed("/calibration/inputs/seed", 3);
  changed("/calibration/inputs/inputs/input/shape", {1, 4});
  expect_reused(recipe_);
  test::write_linear_checkpoint(folder_.path(), 3, 4, 2, 0);
  expect_anew(recipe_);
}

TEST_F(Journal, ADamagedFileIsToldAndReplaced) {
  expect_anew(recipe_);
  fs::path file;
  for (const auto& entry : fs::directory_iterator(folder_ / "journal")) {
    if (entry.path().extension() == ".observations") file = entry.path();
  }
  const std::string good = test::read_file(file);
  test::write_file(file, good.substr(0, good.size() / 2));
  expect_anew(recipe_, "these are no kept observations; calibrating anew");
  EXPECT_EQ(test::read_file(file), good);
  std::string changed = good;
  changed.replace(changed.find("\"batch_size\":1"), 14, "\"batch_size\":7");
  test::write_file(file, changed);
  expect_anew(recipe_, "the kept observations are damaged; calibrating anew");
  EXPECT_EQ(test::read_file(file), good);
  // Sound, and of something else: the name is no proof.
  Observations foreign = read_observations(std::as_bytes(std::span(good)));
  foreign.identity = "{}";
  const std::vector<std::byte> bytes = write_observations(foreign);
  test::write_file(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  expect_anew(recipe_, "is of another calibration; calibrating anew");
  EXPECT_EQ(test::read_file(file), good);
}

TEST_F(Journal, AnObserverWithoutSaveIsTold) {
  recipe_.erase("export");
  recipe_["plugins"] = {{"search", {(fs::path(VERNIER_BINARY_DIR) / "fixtures/catches").string()}}};
  recipe_["runtime"] = {{"isolate", false}};
  recipe_["quantization"]["rules"] = {{{"match", "**"}, {"observer", "catches"}}};
  expect_anew(recipe_, "no observations are kept: an observer of the recipe has no save and load");
  EXPECT_EQ(test::files_in(folder_ / "journal"), 2u) << "times and evaluation, which no observer must keep";
  EXPECT_EQ(observations(), 0u);
}

TEST_F(Journal, CannotLieInTheOutputFolder) {
  for (const char* place : {"out", "out/journal", "."}) {
    test::expect_error(ErrorKind::kUsage, "the journal", [&] { run_with(recipe_, place); });
  }
}

TEST_F(Journal, OfARecipeIsRelativeToIt) {
  recipe_["runtime"] = {{"journal", "kept"}};
  test::write_file(folder_ / "recipe.json", recipe_.dump());
  const RunResult result = run_recipe(folder_ / "recipe.json", folder_ / "out");
  EXPECT_EQ(fs::path(result.report->at("journal").at("file")).parent_path(), folder_ / "kept");
  EXPECT_TRUE(fs::exists(result.report->at("journal").at("file").get<std::string>()));
}

TEST_F(Journal, ThatIsNoFolderOrLiesInTheCheckpointIsToldAtOnce) {
  test::write_file(folder_ / "journal", "a file");
  test::expect_error(ErrorKind::kUsage, "the journal is no folder", [&] { run_with(recipe_); });
  const size_t files = test::files_in(folder_ / "checkpoint");
  for (const char* place : {"checkpoint", "checkpoint/kept"})
    test::expect_error(ErrorKind::kUsage, "into the checkpoint", [&] { run_with(recipe_, place); });
  EXPECT_EQ(test::files_in(folder_ / "checkpoint"), files);
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

// A state may be damaged so that it is one all the same.
TEST_F(Journal, NoFlippedBitIsTakenOver) {
  recipe_.erase("export");
  expect_anew(recipe_);
  const fs::path file = fs::directory_iterator(folder_ / "journal")->path();
  const std::string good = test::read_file(file);
  const std::string wanted = run_with(recipe_, "").qparams;
  for (size_t at = 0; at < good.size(); at += 37) {
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    test::write_file(file, flipped);
    EXPECT_EQ(run_with(recipe_).qparams, wanted) << "byte " << at;
  }
}

}  // namespace
}  // namespace vernier::core::testing
