// The seed example: Gemma4's multimodal embedder, 20 samples of (1, 16, 32) to (1, 16, 64), against the
// numbers published for it.
#include "core/session/reference.h"

#include <nlohmann/json.hpp>
#include "core/session/run_recipe.h"

namespace vernier::core::testing {
namespace {

constexpr const char* kRecipe = "configs/gemma4_embedder.json";

TEST(SeedExample, GivesThePublishedNumbers) {
  const auto data = source_file("tests/data/seed_example");
  const nlohmann::json expected = read_json(data / "expected.json");
  const test::TempFolder out;
  const RunResult result = run_recipe(source_file(kRecipe), out.path(), {}, &make_torch_device);
  const auto& metrics = result.report->at("metrics");
  EXPECT_NEAR(metrics.at("mean_abs_diff").get<double>(), 0.0072649904, 0.0072649904 * 1e-5);
  EXPECT_NEAR(metrics.at("peir").get<double>(), 0.008677608, 0.008677608 * 1e-5);

  const bool equal =
      expect_same_qparams(read_json(out.path() / "qparams.json"), expected.at("sites"), "model.embed_vision");
  const Checkpoint ours = Checkpoint::open(out.path() / "outputs.safetensors"),
                   theirs = Checkpoint::open(data / "expected.safetensors");
  const float step = 0.01809740997850895f;
  expect_same_outputs(floats_of(ours, "quant_out.0"), floats_of(theirs, "quant_out"), step, equal);
}

TEST(SeedExample, GivesTheSameBytesForAnyRunAndNumberOfThreads) {
  const test::TempFolder out;
  std::vector<std::string> files;
  for (const char* threads : {"1", "2", "2"}) {
    const auto folder = out.path() / std::to_string(files.size());
    run_recipe(source_file(kRecipe), folder, {std::string("runtime.threads=") + threads}, &make_torch_device);
    files.push_back(test::read_file(folder / "embed_vision.q.circle") +
                    test::read_file(folder / "qparams.json") +
                    test::read_file(folder / "outputs.safetensors"));
  }
  EXPECT_GT(files[0].size(), 1000u);
  EXPECT_TRUE(files[0] == files[1]) << "1 and 2 threads differ";
  EXPECT_TRUE(files[1] == files[2]) << "two runs differ";
}

TEST(SeedExample, CoversEveryParameterAndSite) {
  const test::TempFolder out;
  const auto coverage =
      run_recipe(source_file(kRecipe), out.path(), {}, &make_torch_device).report->at("coverage");
  EXPECT_EQ(coverage.at("sites").size(), 6u);
  EXPECT_EQ(coverage.at("parameters").size(), 2u);
  EXPECT_TRUE(coverage.at("unused_tensors").empty());
  for (const auto& site : coverage.at("sites")) EXPECT_EQ(site.at("status"), "quantized") << site.dump();
}

TEST(SeedExample, AGateThatIsNotMetLeavesNoModelFileNotEvenAnEarlierOne) {
  const test::TempFolder out;
  run_recipe(source_file(kRecipe), out.path(), {}, &make_torch_device);
  ASSERT_TRUE(std::filesystem::exists(out / "embed_vision.q.circle"));
  try {
    run_recipe(source_file(kRecipe), out.path(), {R"(gates={"peir": "<= 0.001"})"}, &make_torch_device);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 4);
    EXPECT_NE(error.format().find("gate peir <= 0.001 of the fake-quant run against float was not met"),
              std::string::npos)
        << error.format();
  }
  EXPECT_FALSE(std::filesystem::exists(out.path() / "embed_vision.q.circle"));
  EXPECT_TRUE(std::filesystem::exists(out.path() / "report.json"));
}

TEST(SeedExample, AnIdentityObserverLeavesASiteInFloat) {
  const test::TempFolder out;
  const auto report =
      run_recipe(source_file(kRecipe), out.path(),
                 {R"(quantization.rules=[{"match": "**", "observer": "identity"}])"}, &make_torch_device)
          .report;
  EXPECT_EQ(report->at("metrics").at("max_abs_diff"), 0.0);
  EXPECT_TRUE(read_json(out.path() / "qparams.json").empty());
}

}  // namespace
}  // namespace vernier::core::testing
