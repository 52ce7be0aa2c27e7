// LlamaAttention against what transformers' gave for the same inputs (tests/data/llama_attention), its files,
// what its mask hides and what it refuses.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "checkpoint/safetensors.h"
#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "session/prepare.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

const std::filesystem::path kFolder = source_file("tests/data/llama_attention");

json recipe_with(const json& config) {
  json whole = read_json(kFolder / "checkpoint/config.json");
  if (!config.is_null()) whole.update(config);
  return {
      {"version", 1},
      {"model",
       {{"checkpoint", (kFolder / "checkpoint").string()}, {"type", "LlamaAttention"}, {"config", whole}}},
      {"calibration",
       {{"inputs", {{"kind", "safetensors"}, {"path", (kFolder / "prefill.safetensors").string()}}}}}};
}

// The wrapper with this config over the checkpoint, its entries ready to run.
class Attention {
 public:
  explicit Attention(const json& config = nullptr) {
    test::write_file(folder_ / "recipe.json", recipe_with(config).dump(1));
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    prepared_ = std::make_unique<Prepared>(prepare(options));
    device_ = make_reference_device(*prepared_->pool);
  }
  std::vector<Tensor> prefill(const Tensor& hidden) { return run("prefill", {"hidden_states"}, {hidden}); }
  std::vector<Tensor> decode(const Tensor& hidden, const Tensor& key, const Tensor& value) {
    return run("decode", {"hidden_states", "past_key", "past_value"}, {hidden, key, value});
  }

 private:
  std::vector<Tensor> run(const std::string& entry, const std::vector<std::string>& names,
                          const std::vector<Tensor>& inputs) {
    EntryRunner runner(*prepared_->services, *prepared_->tree, *device_, entry, names);
    return runner.run(Reading::kFloat, inputs);
  }

  test::TempFolder folder_;
  std::unique_ptr<Prepared> prepared_;
  std::unique_ptr<Device> device_;
};

Tensor zeros(const std::vector<int64_t>& shape) {
  Tensor result = Tensor::allocate(kFloat32, shape);
  std::fill_n(result.mutable_as<float>(), result.elements(), 0.0F);
  return result;
}

void expect_near(const Tensor& ours, const Tensor& theirs, const std::string& what) {
  ASSERT_EQ(ours.shape, theirs.shape) << what;
  for (int64_t i = 0; i < ours.elements(); ++i)
    ASSERT_NEAR(ours.as<float>()[i], theirs.as<float>()[i], 1e-5) << what << " element " << i;
}

TEST(LlamaAttention, PrefillAndDecodeGiveWhatTransformersGives) {
  const Safetensors prompts = Safetensors::open(kFolder / "prefill.safetensors"),
                    tokens = Safetensors::open(kFolder / "decode.safetensors"),
                    expected = Safetensors::open(kFolder / "expected.safetensors");
  Attention attention;
  for (const char* sample : {"0", "1", "2", "3", "4"}) {
    const std::string name = std::string(".") + sample;
    const std::vector<Tensor> prompt = attention.prefill(prompts.tensor("hidden_states" + name));
    ASSERT_EQ(prompt.size(), 3u);
    expect_near(prompt[0], expected.tensor("prefill" + name), "prefill" + name);
    const std::vector<Tensor> next =
        attention.decode(tokens.tensor("hidden_states" + name), prompt[1], prompt[2]);
    expect_near(next.at(0), expected.tensor("decode" + name), "decode" + name);
    EXPECT_EQ(next.at(1).shape, (std::vector<int64_t>{1, 2, 1, 8}));
  }
}

TEST(LlamaAttention, SamplesOfABatchDoNotMeet) {
  const Tensor one = Safetensors::open(kFolder / "prefill.safetensors").tensor("hidden_states.0");
  Tensor two = zeros({2, one.shape[1], one.shape[2]});
  std::copy_n(one.as<float>(), one.elements(), two.mutable_as<float>() + one.elements());
  Attention attention;
  const std::vector<Tensor> alone = attention.prefill(one), both = attention.prefill(two);
  for (size_t k = 0; k < 3; ++k) {
    ASSERT_EQ(both[k].elements(), 2 * alone[k].elements());
    for (int64_t i = 0; i < alone[k].elements(); ++i)
      ASSERT_FLOAT_EQ(both[k].as<float>()[alone[k].elements() + i], alone[k].as<float>()[i]) << k << " " << i;
  }
}

// The files of both entries, and one of both, hold what they should in every code; a value is on one grid
// whether it leaves v_proj or comes back.
TEST(LlamaAttention, FilesOfBothEntriesAreExact) {
  const test::TempFolder folder;
  json recipe = read_json(source_file("tests/consumer/attention_recipe.json"));
  recipe["model"]["type"] = "LlamaAttention";
  recipe["model"]["checkpoint"] = (kFolder / "checkpoint").string();
  for (json& unit : recipe["units"])
    unit["calibration"]["inputs"]["path"] =
        (kFolder / (unit.at("name").get<std::string>() + ".safetensors")).string();
  test::write_file(folder / "recipe.json", recipe.dump(1));
  run_recipe(folder / "recipe.json", folder / "out");
  const json verify = read_json(folder / "out/report.json").at("verify");
  EXPECT_EQ(verify.size(), 4u);  // prefill, decode, and both in one file
  for (const json& row : verify) {
    ASSERT_EQ(row.at("outputs").size(), 3u) << row;
    for (const json& output : row.at("outputs"))
      EXPECT_EQ(output.at("quantized_to_file").at("codes_differ"), 0) << row.at("file");
  }
  std::map<std::string, json> sites;
  for (const json& row : read_json(folder / "out/qparams.json")) sites[row.at("site")] = row;
  EXPECT_EQ(sites.at("value").at("scale"), sites.at("v_proj/act_out").at("scale"));
  EXPECT_EQ(sites.at("masked_scores").at("dtype"), "int16");
}

class QuantizedMask : public ::testing::TestWithParam<const char*> {};

// What a later token is must not reach an earlier one, not by a single code.
TEST_P(QuantizedMask, HidesLaterTokens) {
  const test::TempFolder folder;
  const auto line = [](float last) {
    json rows = json::array();
    for (int token = 0; token < 4; ++token) {
      json row = json::array();
      for (int i = 0; i < 32; ++i)
        row.push_back(token == 3 ? last * ((i % 3) + 0.5) : 0.25 * ((i * 7 + token * 5) % 11 - 5));
      rows.push_back(row);
    }
    return json{{"hidden_states", {rows}}}.dump() + "\n";
  };
  test::write_file(folder / "samples.jsonl", line(1) + line(-1));
  json recipe = recipe_with(nullptr);
  recipe["calibration"]["inputs"] = {{"kind", "jsonl"}, {"path", (folder / "samples.jsonl").string()}};
  recipe["evaluation"] = {{"samples", 2}};
  recipe["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", GetParam()}}},
                            {"weight", {{"observer", "minmax"}, {"dtype", "int8"}}}};
  test::write_file(folder / "recipe.json", recipe.dump(1));
  run_recipe(folder / "recipe.json", folder / "out");
  const Checkpoint outputs = Checkpoint::open(folder / "out/outputs.safetensors");
  for (const char* lane : {"float_out.0", "quant_out.0"}) {
    const std::vector<float> one = floats_of(outputs, lane),
                             other = floats_of(outputs, lane + std::string(".1"));
    ASSERT_EQ(one.size(), 4 * 32u);
    EXPECT_TRUE(std::equal(one.begin(), one.begin() + 96, other.begin())) << lane;
    EXPECT_FALSE(std::equal(one.begin() + 96, one.end(), other.begin() + 96))
        << lane << ": the last token itself";
  }
}

INSTANTIATE_TEST_SUITE_P(Bits, QuantizedMask, ::testing::Values("uint8", "int16"),
                         [](const auto& one) { return std::string(one.param); });

struct Refused {
  const char* name;
  json config;
  std::vector<int64_t> hidden, key, value;  // `key` is empty: prefill
  const char* text;
};

class RefusedAttention : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedAttention, SaysWhy) {
  const Refused& wrong = GetParam();
  try {
    Attention attention(wrong.config);
    if (wrong.key.empty())
      attention.prefill(zeros(wrong.hidden));
    else
      attention.decode(zeros(wrong.hidden), zeros(wrong.key), zeros(wrong.value));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
    EXPECT_NE(error.format().find(wrong.text), std::string::npos) << error.format();
  }
}

json rope(const char* type, double factor) {
  return {{"rope_parameters",
           {{"rope_type", type},
            {"factor", factor},
            {"low_freq_factor", 1},
            {"high_freq_factor", 4},
            {"original_max_position_embeddings", 8192}}}};
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusedAttention,
    ::testing::Values(
        Refused{"NoSentence", {}, {4, 32}, {}, {}, "[batch, tokens, hidden], not of rank 2"},
        Refused{
            "UnevenHeads", {{"num_attention_heads", 3}}, {1, 4, 32}, {}, {}, "3 query heads, 2 key heads"},
        Refused{"NoHeads", {{"num_attention_heads", 0}}, {1, 4, 32}, {}, {}, "has 0 query heads"},
        Refused{"AnOddHead",
                {{"num_attention_heads", 32}, {"num_key_value_heads", 16}},
                {1, 4, 32},
                {},
                {},
                "a head's size is even, not 1"},
        Refused{"AnUnknownRope", rope("yarn", 2), {1, 4, 32}, {}, {}, "rope_type \"yarn\""},
        Refused{"AnEmptyStretch", rope("llama3", 0), {1, 4, 32}, {}, {}, "wants a positive factor"},
        Refused{"TwoTokens", {}, {1, 2, 32}, {1, 2, 5, 8}, {1, 2, 5, 8}, "decodes one token, not 2"},
        Refused{
            "HalfACache", {}, {1, 1, 32}, {1, 2, 5, 8}, {1, 2, 4, 8}, "past_key and past_value of one shape"},
        Refused{"AFlatCache", {}, {1, 1, 32}, {2, 5, 8}, {2, 5, 8}, "past_key and past_value of one shape"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core::testing
