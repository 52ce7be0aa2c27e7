// Keys that nobody reads, with real wrappers: what the recipe writes is an error with its place, what
// config.json has is listed.
#include "session/config_check.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "run_recipe.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

struct StoredTensor {
  const char* name;
  std::vector<int> shape;
};

// A folder with a checkpoint and a recipe whose keys of "config" stand in line 3.
class Job {
 public:
  Job(const json& config_json, const std::vector<StoredTensor>& tensors, const std::string& type,
      const std::string& config, bool strict = true) {
    json description = {{"seed", 1}, {"config", config_json}, {"tensors", json::array()}};
    for (const StoredTensor& one : tensors) {
      description["tensors"].push_back({{"name", one.name},
                                        {"dtype", "float32"},
                                        {"shape", one.shape},
                                        {"distribution", "normal"},
                                        {"mean", 0},
                                        {"std", 1}});
    }
    test::write_file(folder_ / "description.json", description.dump());
    synthesize(folder_ / "description.json", folder_ / "checkpoint");
    test::write_tensors(folder_ / "inputs.safetensors", {{"inputs_embeds.0", test::ramp({1, 2, 4})},
                                                         {"input.0", test::ramp({1, 2, 4})},
                                                         {"x.0", test::ramp({1, 2, 4})}});
    test::write_file(folder_ / "recipe.json",
                     R"({"version": 1,
"model": {"checkpoint": "checkpoint", "module": "", "type": ")" +
                         type + R"(", "config": {
)" + config +
                         R"(
}},
"quantization": {"weight": {"observer": "minmax", "dtype": "int8"},)"
                         R"( "activation": {"observer": "minmax", "dtype": "uint8"}},
"runtime": {"strict": )" +
                         (strict ? "true" : "false") +
                         R"(},
"calibration": {"inputs": {"kind": "safetensors", "path": "inputs.safetensors"}}})");
  }

  [[nodiscard]] json plan(const std::vector<std::string>& overrides = {}) const {
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.overrides = overrides;
    return core::plan(options);
  }

 private:
  const test::TempFolder folder_;
};

const std::vector<StoredTensor> kNorm = {{"weight", {4}}};
const std::vector<StoredTensor> kLinear = {{"weight", {8, 4}}, {"bias", {8}}};
const std::vector<StoredTensor> kLayerNorm = {{"weight", {4}}, {"bias", {4}}};

struct Wrong {
  const char* name;
  const char* type;
  std::vector<StoredTensor> tensors;
  const char* config;
  const char* key;    // that the error names
  const char* place;  // in the recipe
  const char* hint;
};

class WrittenKey : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrittenKey, ThatNobodyReadsIsAnErrorWithItsPlaceAndTheNearestName) {
  const Wrong& row = GetParam();
  const json checkpoint = {{"text_config", {{"rms_norm_eps", 1e-5}, {"hidden_size", 4}}}};
  const Job job(checkpoint, row.tensors, row.type, row.config);
  const auto plan = [&] { (void)job.plan(); };
  test::expect_error(ErrorKind::kUsage, std::string("no wrapper reads the config key \"") + row.key + "\"",
                     plan);
  test::expect_error(ErrorKind::kUsage, std::string("recipe.json:") + row.place, plan);
  test::expect_error(ErrorKind::kUsage, row.hint, plan);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrittenKey,
    ::testing::Values(
        Wrong{"AnotherFamilysName", "RMSNorm", kNorm, R"(  "rms_norm_eps": 1e-5)", "rms_norm_eps", "3:3",
              "read there: dim, eps"},
        Wrong{"OneLetter", "RMSNorm", kNorm, R"("dim": 4, "epss": 1e-5)", "epss", "3:11",
              "did you mean \"eps\"?"},
        Wrong{"OtherCase", "RMSNorm", kNorm, R"("EPS": 1e-5)", "EPS", "3:1", "did you mean \"eps\"?"},
        Wrong{"Form", "LayerNorm", kLayerNorm, R"("from": "fused")", "from", "3:1", "did you mean \"form\"?"},
        Wrong{"Plural", "Linear", kLinear, R"("bias_term": false)", "bias_term", "3:1",
              "read there: bias, in_features, out_features"},
        Wrong{"Swapped", "Linear", kLinear, R"("bais": false)", "bais", "3:1", "did you mean \"bias\"?"},
        Wrong{"AnObject", "RMSNorm", kNorm, R"("eps": 1e-5, "norm": {"eps": 1e-6})", "norm", "3:14",
              "read there: dim, eps"},
        Wrong{"APointerIntoConfigJson", "RMSNorm", kNorm, R"("epsilon": "/text_config/rms_norm_eps")",
              "epsilon", "3:1", "read there: dim, eps"},
        Wrong{"APointerToAnObject", "RMSNorm", kNorm, R"("text": "/text_config")", "text", "3:1",
              "read there: dim, eps"},
        Wrong{"WhereNothingIsRead", "ReLU", kNorm, R"("inplace": true)", "inplace", "3:1",
              "nothing is read there"},
        Wrong{"ANameThatAPointerEscapes", "RMSNorm", kNorm, R"("e/p~s": 1)", "e/p~s", "3:1",
              "read there: dim, eps"},
        Wrong{"Null", "RMSNorm", kNorm, R"("epz": null)", "epz", "3:1", "did you mean \"eps\"?"}),
    [](const auto& one) { return one.param.name; });

TEST(ConfigCheck, AllWrongKeysAreToldAtOnce) {
  const Job job(json::object(), kNorm, "RMSNorm", R"("epss": 1e-5, "dimm": 4)");
  test::expect_error(ErrorKind::kUsage, "\"epss\"", [&] { (void)job.plan(); });
  test::expect_error(ErrorKind::kUsage, "\"dimm\"", [&] { (void)job.plan(); });
}

TEST(ConfigCheck, AnOverrideIsNamedAsOne) {
  const Job job(json::object(), kNorm, "RMSNorm", "");
  test::expect_error(ErrorKind::kUsage, "--set model.config.epss=1e-5",
                     [&] { (void)job.plan({"model.config.epss=1e-5"}); });
}

TEST(ConfigCheck, InsideANestedObjectTheKeyItselfIsNamed) {
  const std::vector<StoredTensor> tensors = {{"embedding_projection.weight", {8, 4}}};
  const auto embedder = [&](const std::string& config, bool strict = true) {
    return Job({{"text_config", {{"hidden_size", 8}, {"layers", 3}}}}, tensors, "Gemma4MultimodalEmbedder",
               config, strict);
  };
  test::expect_error(ErrorKind::kUsage, "recipe.json:3:34", [&] {
    (void)embedder(R"("multimodal": {"hidden_size": 4, "rms_norm_ep": 1e-5}, "text": {"hidden_size": 8})")
        .plan();
  });
  test::expect_error(ErrorKind::kUsage, "did you mean \"rms_norm_eps\"?", [&] {
    (void)embedder(R"("multimodal": {"hidden_size": 4, "rms_norm_ep": 1e-5}, "text": {"hidden_size": 8})")
        .plan();
  });
  // A whole object by pointer: its other keys come from config.json.
  const json config =
      embedder(R"("multimodal": {"hidden_size": 4}, "text": "/text_config")").plan().at("config");
  EXPECT_EQ(config.at("unread"),
            json::parse(R"([{"key": "/text/layers", "from": "config.json", "where": "/text_config/layers",
                             "nearest": null}])"));
}

TEST(ConfigCheck, WithoutStrictTheKeyIsListed) {
  const json plan = Job(json::object(), kNorm, "RMSNorm", R"("epss": 1e-5)", /*strict=*/false).plan();
  const json& unread = plan.at("config").at("unread");
  ASSERT_EQ(unread.size(), 1u);
  EXPECT_EQ(unread[0].at("key"), "/epss");
  EXPECT_EQ(unread[0].at("from"), "recipe");
  EXPECT_EQ(unread[0].at("nearest"), "eps");
  EXPECT_THAT(unread[0].at("where").get<std::string>(), ::testing::HasSubstr("recipe.json:3:"));
}

TEST(ConfigCheck, AKeyThatTheManifestDeclaresMayBeWritten) {
  const Job job(json::object(), kNorm, "LayerNorm",
                R"("dim": 4, "elementwise_affine": false, "bias": false)");
  EXPECT_EQ(job.plan().at("config").at("unread"), json::array());
}

// The wrapper fails before the check: the slip is named all the same.
TEST(ConfigCheck, AKeyThatAWrapperMissesIsNamedBesideItsError) {
  const Job job(json::object(), {{"weight", {8, 4}}}, "Gemma4TextScaledWordEmbedding",
                R"("embed_scal": 2.0)");
  test::expect_error(ErrorKind::kPlugin, "the config has no /embed_scale", [&] { (void)job.plan(); });
  test::expect_error(ErrorKind::kPlugin, "recipe.json:3:1", [&] { (void)job.plan(); });
  test::expect_error(ErrorKind::kPlugin, "did you mean \"embed_scale\"?", [&] { (void)job.plan(); });
}

TEST(ConfigCheck, AFlagThatDeniesATensorOfTheCheckpointIsNamed) {
  const json plan = Job(json::object(), kLinear, "Linear", R"("bias": false)").plan();
  EXPECT_EQ(plan.at("config").at("contradicted"),
            json::parse(R"([{"tensor": "bias", "module": "", "key": "bias"}])"));
  EXPECT_EQ(plan.at("unused_tensors"), json::parse(R"(["bias"])"));
}

TEST(ConfigCheck, ADeniedTensorOfAChildIsNamedWithTheChild) {
  const std::vector<StoredTensor> tensors = {{"gate_proj.weight", {8, 4}},
                                             {"up_proj.weight", {8, 4}},
                                             {"down_proj.weight", {4, 8}},
                                             {"up_proj.bias", {8}}};
  const Job job(json::object(), tensors, "LlamaMLP",
                R"("hidden_size": 4, "intermediate_size": 8, "mlp_bias": false)");
  EXPECT_EQ(job.plan().at("config").at("contradicted"),
            json::parse(R"([{"tensor": "up_proj.bias", "module": "up_proj", "key": "bias"}])"));
}

TEST(ConfigCheck, AnUnusedTensorThatNothingDeniesIsNamedOnly) {
  const json plan = Job(json::object(), {{"weight", {4}}, {"extra.weight", {4}}}, "RMSNorm", "").plan();
  EXPECT_EQ(plan.at("unused_tensors"), json::parse(R"(["extra.weight"])"));
  EXPECT_EQ(plan.at("config").at("contradicted"), json::array());
}

// A child gets its parent's whole config and reads what the parent does not.
TEST(ConfigCheck, AChildsReadCountsForTheKeyThatItsParentHandedOn) {
  SessionOptions options;
  options.recipe = source_file("configs/minilm_layer.json");
  options.overrides = {"model.checkpoint=" + source_file("tests/data/golden/bert_tiny").string(),
                       "model.module=encoder.layer.0"};
  options.overrides.push_back("export=[]");
  options.overrides.push_back(R"(model.config={"hidden_size": 16, "num_attention_heads": 2,)"
                              R"( "intermediate_size": 24, "layer_norm_epz": 1e-12})");
  test::expect_error(ErrorKind::kUsage, "did you mean \"layer_norm_eps\"?",
                     [&] { (void)core::plan(options); });
}

}  // namespace
}  // namespace vernier::core::testing
