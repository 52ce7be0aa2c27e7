// The committed results of TICO 0.3.0 and transformers, run through the host: qparams, float and quantized
// outputs.
#include "reference.h"
#include "run_recipe.h"

namespace vernier::core::testing {
namespace {

class GoldenCase : public ::testing::TestWithParam<const char*> {};

TEST_P(GoldenCase, AgreesWithTico) {
  const auto folder = source_file(std::string("tests/data/golden/") + GetParam());
  const nlohmann::json expected = read_json(folder / "case.json");
  const test::TempFolder out;
  const RunResult result = run_recipe(folder / "recipe.json", out.path());

  const nlohmann::json qparams = read_json(out.path() / "qparams.json");
  const bool equal = expect_same_qparams(qparams, expected.at("sites"), "");
  const Checkpoint ours = Checkpoint::open(out.path() / "outputs.safetensors"),
                   theirs = Checkpoint::open(folder / "io.safetensors");
  const std::vector<float> float_out = floats_of(ours, "float_out.0"),
                           float_wanted = floats_of(theirs, "float_out.0");
  ASSERT_EQ(float_out.size(), float_wanted.size());
  for (size_t i = 0; i < float_out.size(); ++i)
    EXPECT_NEAR(float_out[i], float_wanted[i], 1e-5f) << "element " << i;

  float step = 0;
  for (const auto& row : qparams) {
    if (row.at("site").get<std::string>().find("act_out") != std::string::npos)
      step = row.at("scale").at(0).get<float>();
  }
  expect_same_outputs(floats_of(ours, "quant_out.0"), floats_of(theirs, "quant_out.0"), step, equal);
  for (const char* metric : {"mean_abs_diff", "max_abs_diff", "peir"}) {
    const double wanted = expected.at("metrics").at(metric).get<double>();
    // 1e-7: the float outputs are equal to float32's last places only, which shows where int16 leaves errors
    // of 1e-5.
    EXPECT_NEAR(result.report.at("metrics").at(metric).get<double>(), wanted,
                equal ? wanted * 1e-4 + 1e-7 : 2.0 * step)
        << metric;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenCase,
                         ::testing::Values("tiny/nn_linear", "tiny/nn_layernorm",
                                           "tiny/gemma4_multimodal_embedder",
                                           "tiny/gemma4_text_scaled_word_embedding", "tiny/gemma4_text_mlp",
                                           "tiny/llama_mlp", "tiny/qwen3_vl_text_mlp",
                                           "int16_uint4/nn_linear", "int16_uint4/gemma4_multimodal_embedder",
                                           "int16_uint4/gemma4_text_mlp"),
                         [](const auto& one) {
                           std::string name = one.param;
                           for (char& c : name)
                             c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           return name;
                         });

}  // namespace
}  // namespace vernier::core::testing
