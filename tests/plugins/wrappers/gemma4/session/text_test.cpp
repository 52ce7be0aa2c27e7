// Gemma4's text wrappers beyond what the golden cases hold: caches, layouts, ties, spellings of a config.
#include "plugins/wrappers/gemma4/session/text_module.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

class CachedTextAttention : public ::testing::TestWithParam<const char*> {};

// A token behind a cache gets what it gets at the end of the whole prompt, also where a slot of the cache is
// empty and masked.
TEST_P(CachedTextAttention, DecodesAsAWholePrefillDoes) {
  const bool is_npu = std::string(GetParam()) == "npu";
  for (const int64_t layer : {0, 2}) {
    const int64_t size = layer == 2 ? 16 : 8, tokens = 5, past = tokens - 1;
    TextModule attention("layers." + std::to_string(layer) + ".self_attn", "Gemma4TextAttention",
                         mini_config({{"layer_idx", layer}, {"layout", GetParam()}}));
    const Tensor hidden = waves({1, tokens, kHidden}, 0.3);
    const auto [cos, sin] = positions(0, tokens, size, is_npu);
    const std::vector<Tensor> whole = attention.run("prefill", {hidden, causal(tokens), cos, sin});
    ASSERT_EQ(whole.size(), 3u);
    EXPECT_EQ(whole[1].shape, (Shape{1, 2, tokens, size}));
    expect_close(attention.run("forward", {hidden, causal(tokens), cos, sin}).at(0), whole[0], "forward");

    for (const int64_t empty : {0, 1}) {
      Tensor mask = Tensor::allocate(kFloat32, {1, 1, tokens + empty});
      std::fill_n(mask.mutable_as<float>(), mask.elements(), 0.0F);
      std::vector<Tensor> cache;
      for (const Tensor& one : {whole[1], whole[2]}) {
        Tensor slots = waves({1, 2, past + empty, size}, 9);
        for (int64_t head = 0; head < 2; ++head)
          std::copy_n(one.as<float>() + head * tokens * size, past * size,
                      slots.mutable_as<float>() + (head * (past + empty) + empty) * size);
        cache.push_back(slots);
      }
      if (empty == 1) mask.mutable_as<float>()[0] = -200.0F;
      const std::vector<Tensor> next =
          attention.run("decode", {rows(hidden, past, tokens), mask, rows(cos, past, tokens),
                                   rows(sin, past, tokens), cache[0], cache[1]});
      expect_close(next.at(0), rows(whole[0], past, tokens), "hidden");
      expect_close(next.at(1), rows(whole[1], past, tokens), "new_k");
      expect_close(next.at(2), rows(whole[2], past, tokens), "new_v");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Layouts, CachedTextAttention, ::testing::Values("reference", "npu"),
                         [](const auto& one) { return std::string(one.param); });

// The same codes in both layouts with symmetric types.
TEST(Gemma4TextLayouts, GiveTheSameCodes) {
  std::vector<std::vector<float>> outputs;
  for (const char* layout : {"reference", "npu"}) {
    const test::TempFolder folder;
    std::map<std::string, Tensor> samples;
    for (int i = 0; i < 3; ++i) {
      const std::string sample = "." + std::to_string(i);
      const auto [cos, sin] = positions(i, 6, 16, std::string(layout) == "npu");
      samples["hidden_states" + sample] = waves({1, 6, kHidden}, i);
      samples["attention_mask" + sample] = causal(6);
      samples["cos" + sample] = cos;
      samples["sin" + sample] = sin;
    }
    test::write_tensors(folder / "samples.safetensors", samples);
    json recipe = text_recipe("layers.2.self_attn", "Gemma4TextAttention",
                              mini_config({{"layer_idx", 2}, {"layout", layout}}));
    recipe["calibration"] = {
        {"inputs", {{"kind", "safetensors"}, {"path", (folder / "samples.safetensors").string()}}}};
    recipe["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", "int16"}}},
                              {"weight", {{"observer", "minmax"}, {"dtype", "int8"}}}};
    recipe["export"] = {{{"backend", "circle"},
                         {"entry", "prefill"},
                         {"file", "attention.circle"},
                         {"profile", "none"},
                         {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}}};
    test::write_file(folder / "recipe.json", recipe.dump(1));
    run_recipe(folder / "recipe.json", folder / "out");
    const Checkpoint file = Checkpoint::open(folder / "out/outputs.safetensors");
    std::vector<float> all;
    for (const char* name : {"quant_out.hidden", "quant_out.new_k", "quant_out.new_v"}) {
      const std::vector<float> one = floats_of(file, name);
      all.insert(all.end(), one.begin(), one.end());
    }
    outputs.push_back(all);
  }
  EXPECT_EQ(outputs[0], outputs[1]);
}

// A producer with its cache and a consumer as units of one recipe; decode sees other ranges than prefill.
class SharedKeys : public ::testing::Test {
 protected:
  SharedKeys() {
    std::map<std::string, Tensor> prefill = given(6, 6, 1), decode = given(1, 7, 3), reader = given(1, 7, 1);
    reader["shared_k.0"] = waves({1, 2, 7, 16}, 4);
    reader["shared_v.0"] = waves({1, 2, 7, 16}, 5);
    test::write_tensors(folder_ / "prefill.safetensors", prefill);
    test::write_tensors(folder_ / "decode.safetensors", decode);
    test::write_tensors(folder_ / "reader.safetensors", reader);
    recipe_ = text_recipe("", "Gemma4TextModel", mini_config({{"layout", "npu"}}));
    recipe_.erase("calibration");
    recipe_["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", "int16"}}},
                               {"weight", {{"observer", "minmax"}, {"dtype", "int8"}}}};
    recipe_["units"] = {unit("prefill", "layers.2", "prefill_ple"), unit("decode", "layers.2", "decode_ple"),
                        unit("reader", "layers.5", "decode_shared_ple")};
    recipe_["units"][1]["calibration"]["inputs"]["from_units"] = {
        {"past_k", {{"unit", "prefill"}, {"output", "new_k"}}},
        {"past_v", {{"unit", "prefill"}, {"output", "new_v"}}}};
    for (const json& one : recipe_["units"]) {
      recipe_["export"].push_back({{"backend", "circle"},
                                   {"unit", one.at("name")},
                                   {"file", one.at("name").get<std::string>() + ".circle"},
                                   {"profile", "none"},
                                   {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}});
    }
  }

  static std::map<std::string, Tensor> given(int64_t tokens, int64_t all, float scale) {
    const auto [cos, sin] = positions(all - tokens, tokens, 16, true);
    Tensor hidden = waves({1, tokens, kHidden}, scale);
    for (int64_t i = 0; i < hidden.elements(); ++i) hidden.mutable_as<float>()[i] *= scale;
    const Tensor mask = rows(causal(all), all - tokens, all);
    return {{"hidden_states.0", hidden},
            {"attention_mask.0", mask},
            {"cos.0", cos},
            {"sin.0", sin},
            {"per_layer_input.0", waves({1, tokens, 4}, 2)}};
  }
  [[nodiscard]] json unit(const char* name, const char* module, const char* entry) const {
    return {
        {"name", name},
        {"module", module},
        {"entry", entry},
        {"calibration",
         {{"inputs",
           {{"kind", "safetensors"}, {"path", (folder_ / (std::string(name) + ".safetensors")).string()}}}}}};
  }
  [[nodiscard]] std::map<std::string, json> run_and_read() const {
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    run_recipe(folder_ / "recipe.json", folder_ / "out");
    std::map<std::string, json> sites;
    for (const json& row : read_json(folder_ / "out/qparams.json")) sites[row.at("site")] = row;
    return sites;
  }

  test::TempFolder folder_;
  json recipe_;
};

TEST_F(SharedKeys, StayOnTheGridOfTheLayerThatMakesThem) {
  const std::map<std::string, json> sites = run_and_read();
  const std::string owner = "layers.2.self_attn", reader = "layers.5.self_attn";
  for (const char* field : {"scale", "zero_point", "dtype"}) {
    EXPECT_EQ(sites.at(reader + "/key").at(field), sites.at(owner + "/key").at(field));
    for (const std::string& site : {owner + "/value", reader + "/value"})
      EXPECT_EQ(sites.at(site).at(field), sites.at(owner + ".v_norm/act_out").at(field)) << site;
  }
}

TEST_F(SharedKeys, ASetWithoutTheLayerThatMakesThemIsRefused) {
  recipe_["units"] = json::array({recipe_["units"][2]});
  recipe_["export"] = json::array({recipe_["export"][2]});
  test::expect_error(ErrorKind::kData, "layers.2.self_attn/key was never observed",
                     [&] { (void)run_and_read(); });
}

// The same tree from each spelling of a config.
TEST(Gemma4TextConfig, SpellingsGiveOneTree) {
  const auto declared = [](const json& config) {
    const TextModule model("", "Gemma4TextModel", config);
    json result = json::array();
    for (const Site& site : model.tree().sites) result.push_back(site.path);
    for (const Parameter& one : model.tree().parameters) result.push_back({one.path, one.source.shape});
    return result;
  };
  const json wanted = declared(mini_config());
  json types = mini_config().at("layer_types");
  EXPECT_EQ(
      declared(mini_config({{"global_head_dim", nullptr},
                            {"per_layer_config", {{"2", {{"head_dim", 16}}}, {"5", {{"head_dim", 16}}}}}})),
      wanted);
  EXPECT_EQ(declared({{"text_config", mini_config()}}), wanted);
  types.back() = "sliding_attention";
  EXPECT_EQ(declared(mini_config({{"layer_types", types}})), wanted)
      << "the last layer is full, whatever it says";
}

// As a user runs it: the text model inside a multimodal checkpoint in bfloat16, out of its own config.json.
TEST(Gemma4Tiny, ItsTextModelGrowsFromItsConfig) {
  const test::TempFolder folder;
  json recipe = text_recipe("model.language_model", "Gemma4TextModel", {{"text_config", "/text_config"}});
  recipe["model"]["checkpoint"] = source_file("tests/data/gemma4_tiny").string();
  recipe["runtime"]["strict"] = true;
  recipe["calibration"] = {{"inputs",
                            {{"kind", "synthetic"},
                             {"inputs",
                              {{"input_ids",
                                {{"shape", {1, 12}},
                                 {"dtype", "int64"},
                                 {"distribution", "uniform"},
                                 {"low", 0},
                                 {"high", 320}}}}}}},
                           {"samples", 3}};
  recipe["quantization"] = {{"activation", {{"observer", "minmax"}, {"dtype", "int16"}}},
                            {"weight", {{"observer", "minmax"}, {"dtype", "int16"}}}};
  recipe["export"] = {{{"backend", "circle"},
                       {"file", "text.circle"},
                       {"profile", "none"},
                       {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}}};
  test::write_file(folder / "recipe.json", recipe.dump(1));
  const RunResult result = run_recipe(folder / "recipe.json", folder / "out");
  EXPECT_GE(result.report->at("metrics").at("sqnr_db").get<double>(), 30) << result.report->at("metrics");
}

}  // namespace
}  // namespace vernier::core::testing
