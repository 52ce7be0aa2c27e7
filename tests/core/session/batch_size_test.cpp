// calibration.batch_size: several samples in one forward give what one by one gives, and a model that cannot
// is refused.
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "vernier/core/error.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

TEST(BatchSize, GivesTheQParamsOfSingleSamples) {
  const test::TempFolder out;
  const auto qparams = [&](const char* size) {
    run_recipe(source_file("configs/gemma4_embedder.json"), out / size,
               {std::string("calibration.batch_size=") + size});
    return read_json(out / size / "qparams.json");
  };
  const nlohmann::json one = qparams("1"), some = qparams("8"), all = qparams("4096");  // of 20 samples
  const auto& sites = one;
  ASSERT_EQ(sites.size(), 6u);
  for (const auto* other : {&some, &all}) {
    ASSERT_EQ(other->size(), sites.size());
    for (size_t row = 0; row < sites.size(); ++row) {
      const auto& site = sites[row];
      const auto& theirs = other->at(row);
      const auto& scale = site.at("scale");
      EXPECT_EQ(theirs.at("site"), site.at("site"));
      EXPECT_EQ(theirs.at("zero_point"), site.at("zero_point")) << site;
      for (size_t i = 0; i < scale.size(); ++i) {
        const double wanted = scale[i].get<double>();
        EXPECT_NEAR(theirs.at("scale")[i].get<double>(), wanted, wanted * 1e-6) << site;
      }
    }
  }
}

// A Linear of a fixture whose config makes it unfit for batches.
class UnfitForBatches : public ::testing::Test {
 protected:
  std::string error_of(const std::string& fault, const std::vector<std::string>& overrides) {
    const test::TempFolder folder;
    test::write_file(folder / "description.json",
                     R"({"seed": 1, "config": {}, "tensors": [{"name": "dense.weight", "dtype": "float32",)"
                     R"( "shape": [3, 4], "distribution": "normal", "mean": 0, "std": 1}]})");
    synthesize(folder / "description.json", folder / "checkpoint");
    const nlohmann::json recipe = {
        {"version", 1},
        {"model",
         {{"checkpoint", (folder / "checkpoint").string()},
          {"module", ""},
          {"type", "Misbehaves"},
          {"config", {{"fault", fault}}}}},
        {"calibration",
         {{"inputs",
           {{"kind", "synthetic"},
            {"inputs", {{"input", {{"shape", {2, 4}}, {"dtype", "float32"}, {"distribution", "normal"}}}}}}},
          {"samples", 4}}}};
    test::write_file(folder / "recipe.json", recipe.dump(2));
    SessionOptions options;
    options.recipe = folder / "recipe.json";
    options.overrides = overrides;
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/misbehaves/misbehaves.so"};
    options.out = folder / "run";
    options.device = &make_reference_device;
    try {
      run(options);
    } catch (const Error& error) {
      EXPECT_FALSE(std::filesystem::exists(folder / "run"));
      return error.format();
    }
    return {};
  }
};

TEST_F(UnfitForBatches, IsRefusedAndRunsOneByOne) {
  const struct {
    const char* fault;
    const char* text;
  } kCases[] = {
      {"samples see each other", "output 0 of a sample depends on the other 2 of its batch"},
      {"samples end up in one", "output 0 of 3 stacked samples has shape [1, 3], of one sample [1, 3]"},
      {"no batch axis", "the forward of 3 stacked samples failed, that of one did not"}};
  for (const auto& one : kCases) {
    const std::string error = error_of(one.fault, {"calibration.batch_size=3"});
    EXPECT_THAT(error, ::testing::HasSubstr(one.text));
    EXPECT_THAT(error, ::testing::HasSubstr("--set calibration.batch_size=3 (/calibration/batch_size)"))
        << "where";
    EXPECT_THAT(error, ::testing::HasSubstr("leave batch_size out")) << "what to do";
    EXPECT_EQ(error_of(one.fault, {}), "") << one.fault;
  }
  EXPECT_EQ(error_of("none", {"calibration.batch_size=3"}), "");
}

TEST_F(UnfitForBatches, ChannelsAlongTheStackedAxisAreRefused) {
  const std::vector<std::string> channels = {
      R"(quantization.activation={"granularity": "channel", "axis": 0})"};
  EXPECT_EQ(error_of("none", channels), "");
  std::vector<std::string> both = channels;
  both.emplace_back("calibration.batch_size=2");
  EXPECT_THAT(
      error_of("none", both),
      ::testing::HasSubstr("has a scale for each element of axis 0, along which samples are stacked"));
  both[0] = R"(quantization.activation={"granularity": "channel", "axis": 1})";
  EXPECT_EQ(error_of("none", both), "");
}

}  // namespace
}  // namespace vernier::core::testing
