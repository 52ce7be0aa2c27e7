// Runs whose wrappers run in a process of their own: the same files and reports as where they run in the
// host, and no way in which they could end it.
#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/session/units_fixture.h"
#include "core/session/wrapper_words.h"
#include "vernier/core/smoke.h"
#include "vernier/core/trace_values.h"
#include "vernier/core/verify.h"

namespace vernier::core::testing {
namespace {

using ::testing::HasSubstr;

// What a run left, but for what tells how it went: times, memory and the recipe as it was.
struct Left {
  std::map<std::string, std::string> files;
  json report;
};

Left left_by(SessionOptions options, json recipe, bool isolate) {
  recipe["runtime"]["isolate"] = isolate;
  test::write_file(options.recipe, recipe.dump(1));
  options.out = options.recipe.parent_path() / (isolate ? "there" : "here");
  Left left;
  left.report = *run(options).report;
  for (const char* key : {"seconds", "memory", "predicted_seconds"}) left.report.erase(key);
  for (const auto& file : std::filesystem::recursive_directory_iterator(*options.out)) {
    const std::string name = file.path().filename();
    if (!file.is_regular_file() || name.starts_with("report.") || name == "recipe.effective.json") continue;
    if (name.starts_with(".")) continue;  // the folder's own
    left.files[name] = test::read_file(file.path());
  }
  return left;
}

// Returns the report.
json expect_equal_runs(const SessionOptions& options, const json& recipe) {
  const Left here = left_by(options, recipe, false), there = left_by(options, recipe, true);
  EXPECT_GE(here.files.size(), 2u);
  for (const auto& [name, bytes] : here.files) {
    const auto found = there.files.find(name);
    if (found == there.files.end())
      ADD_FAILURE() << name << " is missing";
    else
      EXPECT_TRUE(found->second == bytes) << name << " differs";
  }
  EXPECT_EQ(there.files.size(), here.files.size());
  EXPECT_EQ(there.report, here.report);
  return there.report;
}

class IsolatedRun : public WrapperWords {
 protected:
  json expect_equal() {
    const SessionOptions made = options();
    return expect_equal_runs(made, recipe_);
  }
};

TEST_F(IsolatedRun, OfWeightsThatAForwardMakes) {
  type("MadeWeights", {5, 6});
  recipe_["quantization"]["activation"] = {{"dtype", "int8"}};
  for (const auto& [name, shape] : std::map<std::string, Shape>{{"base", {8, 6}},
                                                                {"lora_a", {2, 6}},
                                                                {"lora_b", {8, 2}},
                                                                {"bias", {8}},
                                                                {"bias_shift", {8}},
                                                                {"turned", {8, 8}},
                                                                {"fused", {12, 8}},
                                                                {"first", {3, 4}},
                                                                {"second", {5, 4}},
                                                                {"first_bias", {3}},
                                                                {"second_bias", {5}}})
    tensors_[name] = test::ramp(shape);
  const json report = expect_equal();
  EXPECT_EQ(row(report.at("coverage").at("parameters"), "parameter", "turn").at("made_of").count("table"),
            0u);
}

TEST_F(IsolatedRun, OfPartsAndAliases) {
  type("FusedParts", {3, 8});
  tensors_ = {{"qkv.weight", test::ramp({12, 8})},
              {"wide.weight", test::ramp({4, 8})},
              {"embed.weight", test::ramp({3, 4})}};
  expect_equal();
}

// Tables of two shapes, one of them for evaluation alone.
TEST_F(IsolatedRun, OfTables) {
  type("Tabled", {6, 4});
  recipe_["export"] = json::array();
  tensors_["weight"] = test::floats({4}, {0.25F, 0.5F, -1, 2});
  inputs_["x.1"] = test::ramp({9, 4});
  for (const auto& [name, rows] : {std::pair("ids.0", 6), std::pair("ids.1", 9)}) {
    inputs_[name] = core::Tensor::allocate(kInt32, {rows, 1});
    std::fill_n(inputs_[name].mutable_as<int32_t>(), rows, 0);
  }
  expect_equal();
}

TEST_F(IsolatedRun, OfTies) {
  type("TiedSites", {3, 4}, {{"in", "second/act_out"}, {"first", "second/act_out"}});
  expect_equal();
  type("TiedWeights", {3, 4});
  tensors_ = {{"first", test::ramp({4, 4})},
              {"second", test::ramp({4, 4})},
              {"first_bias", test::floats({4}, {1, 400, -1, 0})},
              {"second_bias", test::floats({4}, {0, -100, 1, 2})}};
  expect_equal();
}

TEST_F(IsolatedRun, OfObservedRowsAndBlocks) {
  plugin_ = "offers";
  for (const char* mask : {"input", "table", "made"}) {
    type("Rows", {3, 4}, {{"mask", mask}});
    for (const char* name : {"is_kept.0", "is_kept.1"}) {
      inputs_[name] = core::Tensor::allocate(kBool, {3});
      std::fill_n(inputs_[name].mutable_as<uint8_t>(), 3, uint8_t{1});
    }
    expect_equal();
  }
  type("Blocks", {3, 8});
  recipe_["export"] = {{{"backend", "onnx"}, {"file", "m.onnx"}}};
  tensors_ = {{"weight", test::ramp({4, 8})}};
  expect_equal();
}

TEST_F(IsolatedRun, OfANumberOfTheCheckpointAndOptionalParameters) {
  plugin_ = "smokes";
  for (const bool has_shift : {false, true}) {
    type("SmokesScale", {1, 4, 8}, {{"dim", 8}});
    tensors_ = {{"factor", test::floats({}, {2})}, {"weight", test::ramp({8})}};
    if (has_shift) tensors_["shift"] = test::ramp({1});
    expect_equal();
  }
}

// All of a family that is ours: children, tables, a scope for each layer.
TEST_F(IsolatedRun, OfAModelWithLayersAndAnOpenExtent) {
  type("BertLayer", {1, 6, 16},
       {{"hidden_size", 16},
        {"num_attention_heads", 2},
        {"intermediate_size", 32},
        {"layer_norm_form", "op"}});
  for (const char* one : {"attention.self.query", "attention.self.key", "attention.self.value",
                          "attention.output.dense", "attention.output.LayerNorm", "output.LayerNorm"}) {
    const bool is_norm = std::string(one).ends_with("Norm");
    tensors_[std::string(one) + ".weight"] = test::ramp(is_norm ? Shape{16} : Shape{16, 16});
    tensors_[std::string(one) + ".bias"] = test::ramp({16});
  }
  tensors_["intermediate.dense.weight"] = test::ramp({32, 16});
  tensors_["intermediate.dense.bias"] = test::ramp({32});
  tensors_["output.dense.weight"] = test::ramp({16, 32});
  tensors_["output.dense.bias"] = test::ramp({16});
  recipe_["calibration"] = {
      {"inputs",
       {{"kind", "synthetic"},
        {"inputs",
         {{"hidden_states", {{"shape", {1, 6, 16}}}}, {"attention_mask", {{"shape", {1, 1, 1, 6}}}}}}}},
      {"samples", 3},
      {"batch_size", 2}};
  recipe_["evaluation"] = {{"samples", 1}};
  recipe_["export"] = {{{"backend", "circle"},
                        {"file", "m.circle"},
                        {"profile", "none"},
                        {"open", {{"sequence", {{"hidden_states", {1}}, {"attention_mask", {3}}}}}},
                        {"verify", json::object()}}};
  expect_equal();
}

class IsolatedUnits : public Units {};

TEST_F(IsolatedUnits, OfEntriesThatShareATree) {
  const SessionOptions made = options();
  expect_equal_runs(made, recipe_);
}

// A process that the wrapper's library, constructor, forward and destructor kill where they run in it.
class Apart : public IsolatedRun {
 protected:
  Apart() {
    plugin_ = "apart";
    type("Apart", {2, 4});
    recipe_["runtime"].erase("isolate");
    tensors_ = {{"bound", test::floats({}, {6})},
                {"dense.weight", test::ramp({4, 4})},
                {"dense.bias", test::ramp({4})}};
  }
  ~Apart() override { unsetenv("VERNIER_TEST_APART"); }
  static void refuse_host() { setenv("VERNIER_TEST_APART", std::to_string(getpid()).c_str(), 1); }
  static bool is_loaded(const std::string& library) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      if (line.find(" r-xp ") != std::string::npos && line.find(library) != std::string::npos) return true;
    }
    return false;
  }
  std::string error_of(bool isolate) {
    recipe_["runtime"]["isolate"] = isolate;
    try {
      (void)run(options());
    } catch (const Error& error) {
      return error.format();
    }
    return "";
  }
};

// Before any other test of the fixture loads the library.
TEST_F(Apart, ThatTheHostWouldNotSurviveNeverRunsThere) {
  refuse_host();
  const SessionOptions made = options();
  (void)plan(made);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  const json report = *run(made).report;
  EXPECT_EQ(report.at("plugins").at(0).at("id"), "org.example.fixture.apart");
  VerifyOptions file;
  file.file = folder_ / "out/m.circle";
  (void)verify(made, file);
  TraceOptions traced;
  traced.out = folder_ / "values.safetensors";
  traced.quantized = true;
  (void)trace_values(made, traced);
  EXPECT_FALSE(is_loaded("apart.so")) << "the library has wrappers only";
  unsetenv("VERNIER_TEST_APART");
  EXPECT_EQ(error_of(false), "");
  EXPECT_TRUE(is_loaded("apart.so"));
}

TEST_F(Apart, GivesTheFilesAndTheLinesThatItGivesInTheHost) {
  const json report = expect_equal();
  std::vector<std::string> lines;
  for (const json& line : report.at("log")) lines.push_back(line.at("text"));
  EXPECT_THAT(lines,
              ::testing::ElementsAre("created with 6.000000", "forward of 2 rows", "forward of 2 rows"));
}

TEST_F(Apart, ASmokeCaseIsDeclaredElsewhereToo) {
  refuse_host();
  SmokeOptions smoke_options;
  smoke_options.types = {"Apart"};
  smoke_options.backend = "circle";
  smoke_options.file_gates = json{{"codes_differ", "<= 0"}};
  smoke_options.plugin_files = {fixture("apart")};
  smoke_options.device = &make_reference_device;
  const json result = smoke(smoke_options);
  EXPECT_EQ(result.at("cases").at(0).at("verdict"), "ok") << result.dump(1);
}

// Errors that a run finds while it calibrates on stacked samples.
TEST_F(Apart, AForwardThatFailsForStackedSamplesSaysTheSame) {
  recipe_["calibration"]["batch_size"] = 2;
  recipe_["evaluation"] = {{"samples", 1}};
  for (const auto& [stacks, text] : {std::pair("", ""), std::pair("fail", "too many rows"),
                                     std::pair("differ", "table shift had other numbers the second time"),
                                     std::pair("sites", "takes another way for other input shapes")}) {
    recipe_["model"]["config"] = {{"stacks", stacks}};
    const std::string here = error_of(false), there = error_of(true);
    EXPECT_THAT(here, HasSubstr(text));
    EXPECT_EQ(there, here) << stacks;
    EXPECT_EQ(here.empty(), std::string(stacks).empty());
    EXPECT_THAT(here, HasSubstr(here.empty() ? "" : "stacked samples"));
    refuse_host();
    EXPECT_EQ(error_of(true), here) << stacks;
    unsetenv("VERNIER_TEST_APART");
    EXPECT_NO_THROW((void)plan(options())) << stacks;
  }
}

TEST_F(Apart, ConfigKeysAreHeldToWhatWrappersRead) {
  recipe_["model"]["config"] = {{"stakcs", "fail"}};
  const std::string here = error_of(false);
  EXPECT_THAT(here, HasSubstr("did you mean \"stacks\"?"));
  EXPECT_EQ(error_of(true), here);
}

}  // namespace
}  // namespace vernier::core::testing
