// What users of other converters hit with Gemma4 checkpoints (plugins/programs/gemma4/README.md, "Reported
// elsewhere"), in runs of a recipe on the small one: each with the exit code's kind, the words or the
// numbers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>
#include <sstream>

#include "plugins/programs/gemma4/program_recipe.h"
#include "program/program_folder.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/program_folder.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// gemma4_tiny with other tensors or another config, and requests of a text each.
class ReportedModel : public ProgramRecipeTest {
 protected:
  ReportedModel() : config_(read_json(source_file("tests/data/gemma4_tiny/config.json"))) {
    const Checkpoint file = Checkpoint::open(source_file("tests/data/gemma4_tiny"));
    for (const std::string& name : file.names()) tensors_[name] = file.tensor(name);
    test::write_file(folder_ / "calibration.jsonl", lines(1, 3));
    test::write_file(folder_ / "evaluation.jsonl", lines(2, 6));
    recipe_ = recipe_of({{"sequence", 16}, {"pictures", 0}}, 6);
    recipe_["model"]["checkpoint"] = "checkpoint";
  }
  // Answers of one, two and three tokens; ids of no placeholder.
  static std::string lines(uint32_t seed, int count) {
    std::mt19937 random(seed);
    std::string text;
    for (int i = 0; i < count; ++i) {
      json line = {{"input_ids", {2}}, {"answer_ids", json::array()}};
      for (int token = 0; token < 4; ++token) line["input_ids"].push_back(3 + random() % 290);
      for (int token = 0; token <= i % 3; ++token) line["answer_ids"].push_back(3 + random() % 290);
      text += line.dump() + "\n";
    }
    return text;
  }
  // Any float tensor as float32, to be changed.
  float* changed(const std::string& name) {
    const Tensor& from = tensors_.at(name);
    Tensor copy = Tensor::allocate(kFloat32, from.shape);
    for (int64_t i = 0; i < copy.elements(); ++i)
      copy.mutable_as<float>()[i] = std::bit_cast<float>(uint32_t{from.as<uint16_t>()[i]} << 16);
    tensors_[name] = copy;
    return tensors_[name].mutable_as<float>();
  }
  SessionOptions written() {
    test::write_tensors(folder_ / "checkpoint/model.safetensors", tensors_);
    test::write_file(folder_ / "checkpoint/config.json", config_.dump());
    return ProgramRecipeTest::written(recipe_);
  }
  json run() { return *core::run(written()).report; }
  json planned() { return core::plan(written()); }
  static json texts(const json& report) {
    json found = json::array();
    for (const json& row : report.at("warnings")) found.push_back(row.at("text"));
    return found;
  }
  static json file_entry() { return {{"backend", "circle"}, {"file", "{unit}.q.circle"}}; }

  static constexpr const char* kText = "model.language_model.";

  std::map<std::string, Tensor> tensors_;
  json config_, recipe_;
};

// Published files store keys and values of layers that read others', transformers leaves them out.
TEST_F(ReportedModel, KeysThatNobodyReadsChangeNoNumber) {
  const json without = run();
  EXPECT_EQ(without.at("coverage").at("unused_tensors"), json::array());
  json stored = json::array();
  for (const int layer : {3, 4, 5}) {
    const int64_t size = layer == 5 ? 32 : 16;
    const std::string attention = fmt::format("{}layers.{}.self_attn.", kText, layer);
    tensors_[attention + "k_norm.weight"] = test::ramp({size});
    tensors_[attention + "k_proj.weight"] = tensors_[attention + "v_proj.weight"] = test::ramp({size, 64});
    for (const char* name : {"k_norm", "k_proj", "v_proj"}) stored.push_back(attention + name + ".weight");
  }
  const json with = run();
  EXPECT_EQ(with.at("coverage").at("unused_tensors"), stored);
  EXPECT_EQ(with.at("metrics"), without.at("metrics"));
  EXPECT_EQ(with.at("program").at("evaluation"), without.at("program").at("evaluation"));
}

// Full layers whose values are their keys have no v_proj; projections of one layer have dtypes of their own.
TEST_F(ReportedModel, KeysThatAreValuesAndDtypesThatAreMixed) {
  config_["text_config"]["attention_k_eq_v"] = true;
  EXPECT_EQ(tensors_.erase(std::string(kText) + "layers.2.self_attn.v_proj.weight"), 1U);
  recipe_["quantization"]["rules"] = {{{"match", "**.layers.2.self_attn.q_proj/weight"}, {"dtype", "uint4"}},
                                      {{"match", "**.layers.2.self_attn.k_proj/weight"}, {"dtype", "int16"}}};
  recipe_["export"] = json::array({file_entry()});
  recipe_["export"][0]["verify"] = {{"samples", 2}, {"gates", {{"sqnr_db", ">= 20"}}}};
  const json report = run();
  std::map<std::string, std::string> dtypes;
  for (const json& row : report.at("coverage").at("parameters")) {
    const std::string name = row.at("parameter");
    if (name.find("layers.2.self_attn.") != name.npos && row.at("dtype").is_string())
      dtypes[name.substr(std::string(kText).size() + 19)] = row.at("dtype");
  }
  EXPECT_EQ(dtypes.at("q_proj.weight"), "uint4");
  EXPECT_EQ(dtypes.at("k_proj.weight"), "int16");
  EXPECT_FALSE(dtypes.contains("v_proj.weight"));
  // Keys and values have sites of their own, although one projection makes both.
  const Program folder = read_program_folder(folder_ / "out");
  EXPECT_NE(*folder.find_buffer("cache.key_2")->qparams, *folder.find_buffer("cache.value_2")->qparams);
  FolderOptions options;
  options.folder = folder_ / "out";
  EXPECT_TRUE(folder_holds(verify_folder(VerifyFolderOptions(options))));
}

// An export that succeeds and says but one token, <pad>, is no set. Here one channel before the head is so
// large that 8 bits leave no code to the others, and the head does not read it.
TEST_F(ReportedModel, ASetThatSaysOneTokenIsNotPutInPlace) {
  changed(std::string(kText) + "norm.weight")[0] = 1e5F;
  tensors_["lm_head.weight"] = tensors_.at(std::string(kText) + "embed_tokens.weight");
  float* head = changed("lm_head.weight");
  for (int64_t token = 0; token < 320; ++token) head[token * 64] = 0;
  recipe_["quantization"]["activation"]["dtype"] = "uint8";
  recipe_["export"] = json::array({file_entry()});
  test::expect_error(
      ErrorKind::kGate,
      "gate distinct_tokens > 1 of the fake-quant run against float was not met: 1; token 0 in "
      "each of 12 places, where float chooses",
      [&] { (void)run(); });
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out/program.json"));
  const json report = read_json(folder_ / "out/report.json");
  EXPECT_EQ(report.at("program").at("evaluation").at("distinct").at("test"), 1);
  EXPECT_GE(report.at("program").at("evaluation").at("distinct").at("reference").get<int>(), 3);
}

// Scores against answers that the float model does not give hold nobody to anything.
TEST_F(ReportedModel, AnswersThatFloatDoesNotGiveAreTold) {
  const std::string words = "the float model itself gives 0 of 12 tokens of the evaluation's answers";
  const json report = run();  // random answers
  ASSERT_EQ(texts(report).size(), 1U) << texts(report);
  EXPECT_EQ(texts(report)[0].get<std::string>().substr(0, words.size()), words);
  // Its own answers are given.
  std::string own;
  const json& wrong = report.at("program").at("evaluation").at("float").at("wrong");
  std::istringstream given(lines(2, 6));
  size_t sample = 0;
  for (std::string line; std::getline(given, line); ++sample) {
    json request = json::parse(line);
    request["answer_ids"] = json::array({wrong.at(sample).at("chosen").at(0)});
    own += request.dump() + "\n";
  }
  test::write_file(folder_ / "evaluation.jsonl", own);
  const json again = run();
  EXPECT_EQ(texts(again), json::array());
  EXPECT_EQ(again.at("program").at("evaluation").at("float").at("right_tokens"), 6);
}

// Which tensor is it that 4 bits break? Weights of a channel that is always 0 take all codes of their rows:
// the weight's own SQNR is better than that of the others, and what it gives is worse.
TEST_F(ReportedModel, TheTensorThatFourBitsBreakIsNamed) {
  const std::string mlp = std::string(kText) + "layers.1.mlp.", broken = mlp + "down_proj";
  std::fill_n(changed(mlp + "up_proj.weight") + 5 * 64, 64, 0.0F);
  float* weight = changed(broken + ".weight");
  for (int64_t row = 0; row < 64; ++row) weight[row * 128 + 5] = 40;
  recipe_["quantization"]["weight"]["dtype"] = "uint4";
  recipe_["quantization"]["rules"] = {{{"match", "**.embed_tokens*/weight"}, {"dtype", "uint8"}},
                                      {{"match", "lm_head/weight"}, {"dtype", "uint8"}},
                                      {{"match", "**.*norm/weight"}, {"dtype", "int16"}}};
  const json losses = run().at("statistics").at("losses");
  EXPECT_EQ(losses.at(0).at("module"), broken) << losses.dump(1);
  EXPECT_GT(losses.at(0).at("made").get<double>(), 0.4);
}

TEST_F(ReportedModel, WeightsThatAreNotFiniteAreNamed) {
  struct Row {
    std::string tensor;
    float value;
  };
  const Row rows[] = {{"layers.4.mlp.up_proj.weight", std::numeric_limits<float>::quiet_NaN()},
                      {"embed_tokens_per_layer.weight", std::numeric_limits<float>::infinity()},
                      {"layers.0.self_attn.q_norm.weight", -std::numeric_limits<float>::infinity()},
                      {"layers.5.layer_scalar", std::numeric_limits<float>::quiet_NaN()}};
  const std::map<std::string, Tensor> sound = tensors_;
  for (const Row& row : rows) {
    tensors_ = sound;
    const std::string name = kText + row.tensor;
    changed(name)[0] = row.value;
    test::expect_error(ErrorKind::kData, name, [&] { (void)run(); });
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out")) << name;
  }
}

// Half precision ends at 65504, which squares of such activations pass: norms are computed in float32.
TEST_F(ReportedModel, ALargeResidualStreamDoesNotOverflow) {
  for (float *x = changed(std::string(kText) + "layers.0.post_feedforward_layernorm.weight"), *end = x + 64;
       x != end; ++x)
    *x *= 4096;
  const json report = run();
  double greatest = 0;
  for (const json& row : report.at("statistics").at("sites")) {
    if (row.at("site") == std::string(kText) + "layers.0/mlp_residual_out")
      greatest = std::max(row.at("max").get<double>(), -row.at("min").get<double>());
  }
  EXPECT_GT(greatest, 256) << "its square is beyond half precision";
  EXPECT_GT(report.at("metrics").at("sqnr_db").get<double>(), 20);
}

// Told when it is planned, by its name, before anything runs.
TEST_F(ReportedModel, AModelThatNoProgramKnowsIsNamedAtPlan) {
  config_["architectures"] = {"Gemma4UnifiedForConditionalGeneration"};
  config_["model_type"] = "gemma4_unified";
  test::expect_error(ErrorKind::kPlugin,
                     "no program is for the architecture \"Gemma4UnifiedForConditionalGeneration\"",
                     [&] { (void)planned(); });
  recipe_["model"]["program"] = "gemma4";
  test::expect_error(ErrorKind::kPlugin,
                     "/architectures/0: \"Gemma4UnifiedForConditionalGeneration\"; served are",
                     [&] { (void)planned(); });
}

// A modality that is left out is told, with its tensors, and its placeholders are refused when it is run.
TEST_F(ReportedModel, SoundsThatAreLeftOutAreToldAtPlan) {
  config_["audio_config"] = {{"model_type", "gemma4_audio"}};
  config_["audio_token_id"] = 305;
  tensors_["model.audio_tower.output_proj.bias"] = test::ramp({8});
  const json plan = planned();
  EXPECT_EQ(plan.at("unused_tensors"), json::array({"model.audio_tower.output_proj.bias"}));
  test::write_file(folder_ / "evaluation.jsonl", "{\"input_ids\": [2, 305, 7]}\n");
  recipe_["evaluation"]["samples"] = 1;
  test::expect_error(ErrorKind::kData, "305", [&] { (void)run(); });
}

// generation_config.json ends turns with tokens that config.json may lack.
TEST_F(ReportedModel, StopTokensAreThoseOfBothFiles) {
  config_["text_config"]["eos_token_id"] = 1;
  recipe_["export"] = json::array({file_entry()});
  (void)written();
  test::write_file(folder_ / "checkpoint/generation_config.json", R"({"eos_token_id": [1, 106, 50]})");
  (void)run();
  EXPECT_EQ(read_program_folder(folder_ / "out").generation->stop, (std::vector<int32_t>{1, 106, 50}));
  test::write_file(folder_ / "checkpoint/generation_config.json", R"({"eos_token_id": ["<eos>"]})");
  test::expect_error(ErrorKind::kData, "/generation_config/eos_token_id/0", [&] { (void)planned(); });
  test::write_file(folder_ / "checkpoint/generation_config.json", "[1]");
  test::expect_error(ErrorKind::kData, "generation_config.json holds a array, not an object",
                     [&] { (void)planned(); });
}

}  // namespace
}  // namespace vernier::core::testing
