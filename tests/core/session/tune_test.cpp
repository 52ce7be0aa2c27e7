// A tune of a real recipe: what it says of the recipe that it wrote is what a run of that measures.
#include "vernier/core/tune.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "core/session/words_fixture.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

class Tune : public ::testing::Test {
 protected:
  Tune() {
    json recipe = read_json(source_file("configs/gemma4_embedder.json"));
    recipe["model"]["checkpoint"] = source_file("tests/data/seed_example").string();
    for (const char* part : {"calibration", "evaluation"}) {
      recipe[part]["inputs"]["path"] =
          source_file("tests/data/seed_example/calibration.safetensors").string();
      recipe[part]["samples"] = 3;
    }
    recipe.erase("gates");
    recipe["quantization"]["weight"]["dtype"] = "int16";
    recipe.erase("export");
    test::write_file(folder_ / "recipe.json", recipe.dump());
  }
  [[nodiscard]] SessionOptions session(const char* out = "tune") const {
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / out;
    options.device = &make_reference_device;
    options.control = &control_;
    return options;
  }
  static TuneOptions target(const std::string& text) {
    TuneOptions options;
    options.target = text;
    options.dtype = kInt16;
    return options;
  }
  [[nodiscard]] double sqnr_of_run(const std::filesystem::path& recipe) const {
    return run_recipe(recipe, folder_ / "run").report->at("metrics").at("sqnr_db").get<double>();
  }

  test::TempFolder folder_;
  RunControl control_;
};

TEST_F(Tune, WritesARecipeThatKeepsItsWord) {
  const double before = sqnr_of_run(folder_ / "recipe.json");
  const TuneResult all = tune(session("all"), target("sqnr_db >= 1000"));
  EXPECT_FALSE(all.is_met);
  EXPECT_EQ(all.found.wide, all.activations);
  EXPECT_NEAR(sqnr_of_run(all.recipe), all.found.error.sqnr_db, 1e-9) << "how near it came";
  const double middle = before + 0.2;
  const TuneResult found = tune(session(), target("sqnr_db >= " + std::to_string(middle)));
  EXPECT_TRUE(found.is_met);
  EXPECT_GT(found.found.wide, 0U);
  EXPECT_LT(found.found.wide, found.activations);
  EXPECT_GE(found.found.error.sqnr_db, middle);
  EXPECT_NEAR(sqnr_of_run(found.recipe), found.found.error.sqnr_db, 1e-9);
  for (const TunePoint& point : found.points) {
    EXPECT_FALSE(point.is_met && point.wide < found.found.wide) << "one with fewer meets it";
  }
  const std::string page = test::read_file(found.page);
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
}

TEST_F(Tune, NothingIsRaisedWhereTheTargetIsMet) {
  const TuneResult found = tune(session(), target("cosine >= 0"));
  EXPECT_TRUE(found.is_met);
  EXPECT_EQ(found.found.wide, 0U);
  EXPECT_EQ(found.points.size(), 1U);
}

// Stopped at any recipe that it tries, and called again, it ends as if nothing had been.
TEST_F(Tune, GoesOnWhereItWasStopped) {
  const TuneOptions wanted = target("sqnr_db >= 42");
  const TuneResult whole = tune(session("whole"), wanted);
  ASSERT_GE(whole.points.size(), 3U);
  for (size_t stop = 1; stop < whole.points.size(); ++stop) {
    SessionOptions options = session("stopped");
    size_t tried = 0;
    RunControl* control = nullptr;
    RunControl stopping([&](const Progress& progress) {
      const bool is_try =
          progress.phase == "tune" && progress.text.find(" sites wide: ") != std::string::npos;
      if (is_try && ++tried == 2) control->request_stop();
    });
    control = &stopping;
    options.control = &stopping;
    try {
      (void)tune(options, wanted);
    } catch (const Error& error) {
      EXPECT_TRUE(error.is_stop()) << error.format();
    }
  }
  const TuneResult resumed = tune(session("stopped"), wanted);
  EXPECT_GT(resumed.reused, 0U);
  EXPECT_EQ(resumed.points.size(), whole.points.size());
  EXPECT_EQ(resumed.found.wide, whole.found.wide);
  EXPECT_EQ(resumed.found.error.sqnr_db, whole.found.error.sqnr_db);
  EXPECT_EQ(test::read_file(resumed.recipe), test::read_file(whole.recipe));
}

TEST_F(Tune, RefusesWhatItCannotDo) {
  for (const char* text : {"cosine", "cosine 0.9", "loss <= 1", "cosine >= x", ""}) {
    test::expect_error(ErrorKind::kUsage, "is no target", [&] { (void)tune(session(), target(text)); });
  }
  SessionOptions overridden = session();
  overridden.overrides = {"calibration.samples=2"};
  test::expect_error(ErrorKind::kUsage, "--set calibration.samples=2",
                     [&] { (void)tune(overridden, target("cosine >= 0.9")); });
  test::write_file(folder_ / "full/file.txt", "mine");
  test::expect_error(ErrorKind::kUsage, "no tune wrote",
                     [&] { (void)tune(session("full"), target("cosine >= 0.9")); });
  (void)tune(session(), target("cosine >= 0.5"));
  test::expect_error(ErrorKind::kUsage, "a tune of another recipe, target or model",
                     [&] { (void)tune(session(), target("cosine >= 0.6")); });
  test::write_file(folder_ / "tune/tune.json", R"({"points": 3})");
  test::expect_error(ErrorKind::kData, "tune.json", [&] { (void)tune(session(), target("cosine >= 0.5")); });
}

class TuneOfAProgram : public WordsRecipe {};

TEST_F(TuneOfAProgram, IsRefusedByName) {
  TuneOptions wanted;
  wanted.target = "cosine >= 0.9";
  wanted.dtype = kInt16;
  test::expect_error(ErrorKind::kUsage, "`vernier tune`", [&] { (void)tune(options(), wanted); });
}

}  // namespace
}  // namespace vernier::core::testing
