// What `vernier plan` says of the file to come, and what it refuses: all without running the model.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>

#include "run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// A Linear of 4 to 3 on samples of these shapes; with a fault inside the Misbehaves fixture.
class Plan : public ::testing::Test {
 protected:
  [[nodiscard]] json recipe(const std::vector<Shape>& samples, const std::string& fault = {}) {
    const bool is_alone = fault.empty();
    test::write_tensors(folder_ / "checkpoint/model.safetensors",
                        {{is_alone ? "weight" : "dense.weight", test::ramp({3, 4})}});
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    std::map<std::string, Tensor> inputs;
    for (size_t i = 0; i < samples.size(); ++i) inputs["input." + std::to_string(i)] = test::ramp(samples[i]);
    test::write_tensors(folder_ / "inputs.safetensors", inputs);
    return {{"version", 1},
            {"model",
             {{"checkpoint", (folder_ / "checkpoint").string()},
              {"module", ""},
              {"type", is_alone ? "Linear" : "Misbehaves"},
              {"config", is_alone ? json{{"bias", false}} : json{{"fault", fault}}}}},
            {"quantization",
             {{"activation", {{"observer", "minmax"}, {"dtype", "uint8"}}},
              {"weight", {{"observer", "minmax"}, {"dtype", "uint8"}}}}},
            {"calibration",
             {{"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "inputs.safetensors").string()}}}}},
            {"export", {{{"backend", "onnx"}, {"file", "out.onnx"}}}}};
  }
  [[nodiscard]] json plan(const json& recipe) {
    test::write_file(folder_ / "recipe.json", recipe.dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/misbehaves/misbehaves.so"};
    options.out = folder_ / "out";
    return core::plan(options);
  }
  void expect_refusal(ErrorKind kind, const std::string& text, const json& recipe) {
    test::expect_error(kind, text, [&] { (void)plan(recipe); });
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  }

  test::TempFolder folder_;
};

TEST_F(Plan, RefusesAGranularityThatTheObserverDoesNotGive) {
  for (const char* observer : {"percentile", "mse"}) {
    json by_channel = recipe({{1, 2, 4}});
    by_channel["quantization"]["weight"] = {
        {"observer", observer}, {"dtype", "int8"}, {"granularity", "channel"}, {"axis", 0}};
    expect_refusal(
        ErrorKind::kPlugin,
        fmt::format("observer {} gives no scale for each channel\n  at site weight (plugin", observer),
        by_channel);
    expect_refusal(ErrorKind::kPlugin, "set granularity tensor for it in a rule, or use another observer",
                   by_channel);
  }
}

TEST_F(Plan, SaysWhatTheFileComputes) {
  const json graph = plan(recipe({{1, 2, 4}})).at("graph");
  EXPECT_EQ(graph.at("ops"), json::parse(R"({"linear": 1})"));
  EXPECT_EQ(graph.at("operations"), 2 * 4 * 6) << "4 products and sums for each of 6 elements";
  EXPECT_EQ(graph.at("constant_bytes"), 12);
  EXPECT_EQ(graph.at("inputs"), json::parse(R"([{"name": "input", "dtype": "uint8", "shape": [1, 2, 4]}])"));
  EXPECT_EQ(graph.at("outputs").at(0).at("shape"), json::parse("[1, 2, 3]"));
  for (const char* list : {"float_ops", "float_inputs", "float_outputs"})
    EXPECT_EQ(graph.at(list), json::array()) << list;
  EXPECT_EQ(graph.at("sample_shapes"), 1);
}

// 16-bit activations make a bias int64, which nothing in the recipe says.
TEST_F(Plan, CountsBiasesAsTheFileHasThem) {
  json wanted = recipe({{2, 4}});
  test::write_tensors(folder_ / "checkpoint/model.safetensors",
                      {{"weight", test::ramp({3, 4})}, {"bias", test::ramp({3})}});
  wanted["model"]["config"]["bias"] = true;
  wanted["quantization"]["activation"]["dtype"] = "int16";
  wanted["quantization"]["activation"]["scheme"] = "symmetric";
  wanted["export"] = {{{"backend", "circle"}, {"file", "out.circle"}}};
  const json planned = plan(wanted).at("graph");
  EXPECT_EQ(planned.at("constant_bytes"), 12 + 3 * 8);
}

TEST_F(Plan, ListsWhatTheFileComputesInFloat) {
  json wanted = recipe({{2, 4}});
  wanted["quantization"]["rules"] = {{{"match", "act_in"}, {"observer", "identity"}}};
  const json graph = plan(wanted).at("graph");
  EXPECT_EQ(graph.at("float_inputs"), json::parse(R"(["input"])"));
  EXPECT_EQ(graph.at("float_outputs"), json::array());
  ASSERT_EQ(graph.at("float_ops").size(), 1u);
  EXPECT_EQ(graph.at("float_ops")[0].at("op"), "linear");
}

TEST_F(Plan, RefusesASiteThatTheEntryDoesNotUse) {
  const json wanted = recipe({{2, 4}}, "forgets its site");
  expect_refusal(ErrorKind::kData, "site act was never observed", wanted);
  expect_refusal(ErrorKind::kData, "declares a site that entry forward does not use", wanted);
}

TEST_F(Plan, CountsTheShapesOfSamples) {
  EXPECT_EQ(plan(recipe({{2, 4}, {3, 4}, {2, 4}})).at("graph").at("sample_shapes"), 2);
}

TEST_F(Plan, NamesTheSampleWhoseShapesTheForwardCannotTake) {
  const json wanted = recipe({{2, 4}, {2, 5}});
  expect_refusal(ErrorKind::kPlugin, "forward fails for the shapes of calibration sample 1", wanted);
  expect_refusal(ErrorKind::kPlugin, "x's last axis has 5 elements, weight takes 4", wanted);
}

TEST_F(Plan, RefusesAFileWithoutElements) {
  const json wanted = recipe({{0, 4}, {2, 4}});
  expect_refusal(ErrorKind::kData, "input input of calibration sample 0 is float32[0, 4], without elements",
                 wanted);
}

TEST_F(Plan, RefusesWhatTheBackendCannotWrite) {
  json wanted = recipe({{2, 4}});
  wanted["quantization"]["activation"]["observer"] = "identity";
  wanted["quantization"]["weight"]["dtype"] = "int8";
  wanted["export"] = {{{"backend", "circle"}, {"file", "out.circle"}}};
  expect_refusal(ErrorKind::kPlugin, "backend circle cannot write out.circle as the recipe asks", wanted);
}

TEST_F(Plan, RefusesAnOpThatTheBackendDoesNotKnowByName) {
  json wanted = recipe({{2, 4}}, "uses an op that Circle lacks");
  wanted["export"] = {{{"backend", "circle"}, {"file", "out.circle"}}};
  expect_refusal(ErrorKind::kPlugin, "backend circle cannot write op erf", wanted);
  expect_refusal(ErrorKind::kPlugin, "module <root>", wanted);
}

TEST_F(Plan, RefusesAFileThatNoExecutorRuns) {
  json wanted = recipe({{2, 4}});
  wanted["export"][0]["file"] = "out.unknown";
  wanted["export"][0]["verify"] = json::object();
  expect_refusal(ErrorKind::kPlugin, "out.unknown", wanted);
}

}  // namespace
}  // namespace vernier::core::testing
