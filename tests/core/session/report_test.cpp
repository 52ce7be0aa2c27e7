// report.json fits its published schema, for a quantized run, one with a bias, and one that stays float.
#include "run_recipe.h"

#include <nlohmann/json.hpp>
#include "text/json_schema.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

TEST(Report, FitsItsSchema) {
  const nlohmann::json schema = read_json(source_file("schemas/report.schema.json"));
  const std::vector<std::vector<std::string>> overrides = {
      {},
      {R"(quantization.rules=[{"match": "**", "observer": "identity"}])"},
      {R"(gates={"sqnr_db": ">= 10"})", "runtime.max_memory=4GiB"}};
  for (const auto& one : overrides) {
    const test::TempFolder out;
    run_recipe(source_file("configs/gemma4_embedder.json"), out.path(), one);
    const auto violations = validate_schema(schema, read_json(out.path() / "report.json"));
    EXPECT_TRUE(violations.empty()) << violations.front().pointer << ": " << violations.front().what;
  }
}

// Of such a parameter the statistics take some rows, and in float there are no scales to take along.
TEST(Report, AFloatParameterOfMoreThanAMillionElementsHasStatistics) {
  const test::TempFolder folder;
  test::write_file(
      folder / "description.json",
      R"({"seed": 1, "config": {}, "tensors": [{"name": "weight", "dtype": "float32", "shape": [1100,)"
      R"( 1000], "distribution": "normal", "mean": 0, "std": 1}]})");
  synthesize(folder / "description.json", folder / "checkpoint");
  const nlohmann::json inputs = {{"kind", "synthetic"},
                                 {"inputs", {{"input", {{"shape", {1, 1000}}, {"dtype", "float32"}}}}}};
  const nlohmann::json recipe = {
      {"version", 1},
      {"model",
       {{"checkpoint", (folder / "checkpoint").string()},
        {"module", ""},
        {"type", "Linear"},
        {"config", {{"bias", false}}}}},
      {"quantization", {{"weight", {{"observer", "identity"}}}, {"activation", {{"observer", "identity"}}}}},
      {"calibration", {{"inputs", inputs}, {"samples", 1}}},
      {"evaluation", {{"samples", 1}}}};
  test::write_file(folder / "recipe.json", recipe.dump());
  run_recipe(folder / "recipe.json", folder / "run");
  EXPECT_EQ(read_json(folder / "run/report.json").at("metrics").at("max_abs_diff"), 0.0);
}

TEST(Report, TheSchemaRefusesWhatIsNotAReport) {
  const nlohmann::json schema = read_json(source_file("schemas/report.schema.json"));
  EXPECT_FALSE(validate_schema(schema, nlohmann::json{{"version", 2}}).empty());
}

TEST(MaximumMemory, RefusesARunThatCannotFit) {
  const test::TempFolder out;
  try {
    run_recipe(source_file("configs/gemma4_embedder.json"), out / "run", {"runtime.max_memory=1MiB"});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    EXPECT_NE(error.format().find("runtime.max_memory allows 1 MiB"), std::string::npos) << error.format();
  }
  EXPECT_FALSE(std::filesystem::exists(out / "run"));
}

}  // namespace
}  // namespace vernier::core::testing
