// The committed results of TICO 0.3.0 and transformers, run through the host: qparams, float and quantized
// outputs.
#include "core/session/reference.h"

#include <nlohmann/json.hpp>
#include "core/session/run_recipe.h"

namespace vernier::core::testing {
namespace {

Moved moved_in(const std::string& name) {
  if (name == "tiny/qwen3_vl_text_mlp") return {{"act_out", "down_proj/act_out"}};
  return {};
}

// Of the outputs, "0" or the names that the entry's manifest gives.
std::vector<std::string> outputs_of(const Checkpoint& file) {
  const std::string stem = "float_out.";
  std::vector<std::string> names;
  for (const std::string& name : file.names()) {
    if (name.rfind(stem, 0) == 0) names.push_back(name.substr(stem.size()));
  }
  return names;
}

// The step of the last act_out, or of the site that the case says its output leaves by.
float output_step(const nlohmann::json& qparams, const nlohmann::json& expected) {
  const std::string site = expected.value("output", "act_out");
  float step = 0;
  for (const auto& row : qparams) {
    if (row.at("site").get<std::string>().find(site) != std::string::npos)
      step = row.at("scale").at(0).get<float>();
  }
  return step;
}

class GoldenCase : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenCase, AgreesWithTico) {
  const auto folder = source_file(std::string("tests/data/golden/") + GetParam());
  const nlohmann::json expected = read_json(folder / "case.json");
  const test::TempFolder out;
  const RunResult result = run_recipe(folder / "recipe.json", out.path(), {}, &make_torch_device);

  const nlohmann::json qparams = read_json(out.path() / "qparams.json");
  const bool equal =
      expect_same_qparams(qparams, expected.at("sites"), "", moved_in(GetParam()),
                          expected.value("own", nlohmann::json::array()).size(),
                          {expected.value("scale_ulps", int64_t{1}), expected.value("scale_share", 0.0)});
  const Checkpoint ours = Checkpoint::open(out.path() / "outputs.safetensors"),
                   theirs = Checkpoint::open(folder / "io.safetensors");
  const std::vector<std::string> names = outputs_of(theirs);
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    const std::vector<float> found = floats_of(ours, "float_out." + name),
                             wanted = floats_of(theirs, "float_out." + name);
    ASSERT_EQ(found.size(), wanted.size()) << name;
    for (size_t i = 0; i < found.size(); ++i)
      EXPECT_NEAR(found[i], wanted[i], 1e-5f) << name << " element " << i;
  }

  const Outputs outputs = {
      floats_of(ours, "float_out." + names[0]), floats_of(theirs, "float_out." + names[0]),
      floats_of(ours, "quant_out." + names[0]), floats_of(theirs, "quant_out." + names[0])};
  if (expected.value("left_out", nlohmann::json::array()).empty()) {
    expect_same_outputs(outputs.quant_ours, outputs.quant_theirs, output_step(qparams, expected), equal);
    EXPECT_EQ(metric_problems(result.report->at("metrics"), expected.at("metrics"), outputs), Problems());
  } else {
    EXPECT_EQ(closeness_problems(outputs, expected.at("metrics")), Problems());
  }
}

// What the comparison is worth: each value of the case's own data, changed a little, is found.
TEST_P(GoldenCase, APerturbedValueIsFound) {
  const auto folder = source_file(std::string("tests/data/golden/") + GetParam());
  const nlohmann::json expected = read_json(folder / "case.json");
  const nlohmann::json& theirs = expected.at("sites");
  nlohmann::json ours = theirs;
  for (auto& row : ours) {
    const std::string module = row.at("module");
    row["site"] = (module.empty() ? "" : module + "/") + row.at("site").get<std::string>();
  }
  bool equal = false;
  ASSERT_EQ(qparams_problems(ours, theirs, "", equal), Problems());
  ASSERT_TRUE(equal);
  for (size_t i = 0; i < ours.size(); ++i) {
    // A site for itself: of hundreds, each with its channels, all would be read for each change.
    const nlohmann::json wanted = nlohmann::json::array({theirs[i]});
    nlohmann::json changed = nlohmann::json::array({ours[i]});
    float scale = changed[0].at("scale").at(0);
    scale = std::nextafter(scale, 1e9f);
    changed[0]["scale"][0] = scale;
    EXPECT_EQ(qparams_problems(changed, wanted, "", equal), Problems()) << "one unit is allowed";
    EXPECT_FALSE(equal);
    changed[0]["scale"][0] = std::nextafter(scale, 1e9f);
    EXPECT_EQ(qparams_problems(changed, wanted, "", equal).size(), 1u) << "scale of " << ours[i].at("site");
    changed = nlohmann::json::array({ours[i]});
    changed[0]["zero_point"][0] = changed[0].at("zero_point").at(0).get<int64_t>() + 1;
    EXPECT_EQ(qparams_problems(changed, wanted, "", equal).size(), 1u)
        << "zero point of " << ours[i].at("site");
  }

  const Checkpoint file = Checkpoint::open(folder / "io.safetensors");
  const std::string name = outputs_of(file).at(0);
  Outputs outputs;
  outputs.float_ours = outputs.float_theirs = floats_of(file, "float_out." + name);
  outputs.quant_ours = outputs.quant_theirs = floats_of(file, "quant_out." + name);
  const nlohmann::json& metrics = expected.at("metrics");
  ASSERT_EQ(metric_problems(metrics, metrics, outputs), Problems());
  for (const char* metric : {"mean_abs_diff", "max_abs_diff", "peir"}) {
    for (const double factor : {0.99, 1.01}) {
      nlohmann::json changed = metrics;
      changed[metric] = changed.at(metric).get<double>() * factor;
      EXPECT_EQ(metric_problems(changed, metrics, outputs).size(), 1u) << metric << " times " << factor;
    }
  }
  const float step = 0.125f;
  std::vector<float> moved = outputs.quant_theirs;
  moved[0] += step;
  EXPECT_EQ(output_problems(moved, outputs.quant_theirs, step, false), Problems()) << "one code is allowed";
  EXPECT_EQ(output_problems(moved, outputs.quant_theirs, step, true).size(), 1u);
  moved[0] += step;
  EXPECT_EQ(output_problems(moved, outputs.quant_theirs, step, false).size(), 1u) << "two steps";
  moved = outputs.quant_theirs;
  for (size_t i = 0; i < 2 + moved.size() / 1000; ++i) moved[i] += 0.9f * step;
  EXPECT_EQ(output_problems(moved, outputs.quant_theirs, step, false).size(), 1u) << "too many other codes";
}

INSTANTIATE_TEST_SUITE_P(
    Cases, GoldenCase,
    ::testing::Values("tiny/nn_linear", "tiny/nn_layernorm", "tiny/gemma4_multimodal_embedder",
                      "tiny/gemma4_text_scaled_word_embedding", "tiny/gemma4_text_mlp", "tiny/llama_mlp",
                      "tiny/qwen3_vl_text_mlp", "int16_uint4/nn_linear",
                      "int16_uint4/gemma4_multimodal_embedder", "int16_uint4/gemma4_text_mlp",
                      "tiny/gemma4_text_attention_prefill", "tiny/gemma4_text_attention_sliding_decode",
                      "tiny/gemma4_text_attention_k_eq_v_prefill",
                      "tiny/gemma4_text_attention_shared_kv_prefill",
                      "tiny/gemma4_text_decoder_layer_prefill", "tiny/gemma4_text_decoder_layer_shared_kv",
                      "int16_uint4/gemma4_text_decoder_layer_prefill", "tiny/gemma4_text_model",
                      "tiny/gemma4_for_causal_lm"),
    [](const auto& one) {
      std::string name = one.param;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

}  // namespace
}  // namespace vernier::core::testing
