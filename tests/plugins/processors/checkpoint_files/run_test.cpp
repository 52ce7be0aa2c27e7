// A module that takes pixels, quantized from prompts: those without a picture are left out, and counted.
#include <fstream>

#include "checkpoint_fixture.h"
#include "support/tensors.h"
#include "vernier/core/session.h"

namespace vernier::core {
namespace {

using nlohmann::json;

class CheckpointFilesRun : public CheckpointFiles {
 protected:
  CheckpointFilesRun() {
    std::ifstream in(folder_ / "samples.jsonl");
    std::string requests;
    for (std::string line; std::getline(in, line);) requests += json::parse(line)["request"].dump() + "\n";
    write("prompts.jsonl", requests);
    write("config.json", "{}");
    test::write_tensors(folder_ / "model.safetensors", {{"weight", test::ramp({16, 192})}});
    recipe_ = {{"version", 1},
               {"model",
                {{"checkpoint", "."},
                 {"type", "Gemma4VisionPixelProjection"},
                 {"config", {{"in_features", 192}, {"out_features", 16}}}}},
               {"calibration",
                {{"inputs",
                  {{"kind", "prompts"},
                   {"path", "prompts.jsonl"},
                   {"processor", "checkpoint_files"},
                   {"lacking", "skip"},
                   {"options", {{"max_soft_tokens", 12}, {"python", processor_python()}}}}}}},
               {"runtime", {{"isolate", false}}}};
  }
  [[nodiscard]] SessionOptions options() const {
    write("recipe.json", recipe_.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = out_ / "run";  // a checkpoint is not written to
    options.device = &make_reference_device;
    return options;
  }
  json recipe_;
  test::TempFolder out_;
};

TEST_F(CheckpointFilesRun, PicturesCalibrateWhatTakesPixels) {
  const json report = *run(options()).report;
  const json& seen = report["units"][0]["prompts"]["calibration"];
  EXPECT_EQ(seen["lines"], 64);
  EXPECT_EQ(seen["samples"], 55);
  EXPECT_EQ(seen["skipped"], 9);
  EXPECT_EQ(seen["with_pictures"], 55);
  EXPECT_EQ(seen["pictures"], 55);
  EXPECT_EQ(seen["inputs"], (json{{"pixel_values", 55}}));
  EXPECT_EQ(seen["answers"]["samples"], 55);
  ASSERT_EQ(report["warnings"].size(), 1u);
  EXPECT_EQ(report["warnings"][0]["text"], "1 of 1 evaluation samples are calibration samples too");
}

TEST_F(CheckpointFilesRun, APlanRefusesALineWithoutAPictureUnlessItMaySkip) {
  recipe_["calibration"]["inputs"].erase("lacking");
  expect_status(VERNIER_DATA_LOSS, ErrorKind::kData, "gives no \"pixel_values\"",
                [&] { (void)core::plan(options()); });
}

TEST_F(CheckpointFilesRun, APlanNamesTheLineOfAPictureThatIsMissing) {
  std::filesystem::remove(folder_ / "001.png");
  expect_status(VERNIER_NOT_FOUND, ErrorKind::kData,
                "there is no picture " + path("001.png") + "\n  at sample 1 (" + path("prompts.jsonl") +
                    ":2), processor checkpoint_files (plugin org.vernier.processor.checkpoint_files)",
                [&] { (void)core::plan(options()); });
}

}  // namespace
}  // namespace vernier::core
