// What Gemma4's text wrappers refuse, and in which words.
#include "plugins/wrappers/gemma4/session/text_module.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

struct RefusedText {
  const char* name;
  const char* type;
  const char* module;
  json config;
  const char* entry;
  std::vector<Shape> inputs;
  const char* text;
};

class RefusedTextModule : public ::testing::TestWithParam<RefusedText> {};

TEST_P(RefusedTextModule, SaysWhy) {
  const RefusedText& wrong = GetParam();
  test::expect_error(ErrorKind::kPlugin, wrong.text, [&] {
    TextModule module(wrong.module, wrong.type, mini_config(wrong.config));
    std::vector<Tensor> inputs;
    for (const Shape& shape : wrong.inputs) {
      inputs.push_back(waves(shape, 1));
      if (wrong.inputs.size() > 1 || std::string(wrong.entry) != "forward") continue;
      inputs[0] = Tensor::allocate(kInt64, shape);
      std::fill_n(inputs[0].mutable_as<int64_t>(), inputs[0].elements(), 1);
    }
    module.run(wrong.entry, inputs);
  });
}

const char* const kAttention = "Gemma4TextAttention";
const char* const kLayer = "Gemma4TextDecoderLayer";
const char* const kModel = "Gemma4TextModel";
const Shape kPrompt = {1, 5, 16}, kMask = {1, 1, 5, 5}, kTurns = {1, 5, 8}, kKeys = {1, 2, 5, 8};

RefusedText config_of_model(const char* name, const json& change, const char* text) {
  return {name, kModel, "", change, "forward", {{1, 5}}, text};
}
RefusedText first_attention(const char* name, const std::vector<Shape>& inputs, const char* text) {
  return {
      name,   kAttention, "layers.0.self_attn", {{"layer_idx", 0}}, inputs.size() == 4 ? "prefill" : "decode",
      inputs, text};
}

INSTANTIATE_TEST_SUITE_P(
    Cases, RefusedTextModule,
    ::testing::Values(
        first_attention("NoSentence", {{5, 16}, kMask, kTurns, kTurns},
                        "hidden_states of shape [batch, tokens"),
        first_attention("AnotherMask", {kPrompt, {1, 1, 5, 6}, kTurns, kTurns},
                        "an attention_mask of shape [1, 1, 5, 5]"),
        first_attention("AMaskForEachHead", {kPrompt, {1, 4, 5, 5}, kTurns, kTurns},
                        "an attention_mask of shape [1, 1, 5, 5]"),
        first_attention("OtherPositions", {kPrompt, kMask, kTurns, {1, 5, 16}},
                        "cos and sin of shape [1, 5, 8]"),
        first_attention("HalfACache", {kPrompt, kMask, kTurns, kTurns, kKeys, {1, 2, 4, 8}},
                        "past_k and past_v of one shape, [batch, 2, tokens, 8]"),
        first_attention("AnotherLayersCache", {kPrompt, kMask, kTurns, kTurns, {1, 2, 5, 16}, {1, 2, 5, 16}},
                        "past_k and past_v of one shape, [batch, 2, tokens, 8]"),
        RefusedText{"AReaderThatIsAskedForKeys",
                    kAttention,
                    "layers.3.self_attn",
                    {{"layer_idx", 3}},
                    "prefill",
                    {kPrompt, kMask, kTurns, kTurns},
                    "reads the keys and values of layer 1"},
        RefusedText{"AnOwnerThatIsGivenKeys",
                    kAttention,
                    "layers.0.self_attn",
                    {{"layer_idx", 0}},
                    "prefill_shared",
                    {kPrompt, kMask, kTurns, kTurns, kKeys, kKeys},
                    "has keys of its own"},
        RefusedText{"NoPerLayerInput",
                    kLayer,
                    "layers.0",
                    {{"layer_idx", 0}},
                    "prefill",
                    {kPrompt, kMask, kTurns, kTurns},
                    "entries end in _ple"},
        RefusedText{"APerLayerInputTooMany",
                    kLayer,
                    "layers.0",
                    {{"layer_idx", 0}, {"hidden_size_per_layer_input", 0}},
                    "prefill_ple",
                    {kPrompt, kMask, kTurns, kTurns, {1, 5, 4}},
                    "no per-layer embeddings"},
        RefusedText{"TokensOfNoTable",
                    kModel,
                    "",
                    {{"hidden_size_per_layer_input", 0}},
                    "from_embeds_tokens",
                    {kPrompt, {1, 5}},
                    "no per-layer embeddings"},
        RefusedText{"EmbedsAlone", kModel, "", json::object(), "from_embeds", {kPrompt}, "from_embeds_ple"},
        RefusedText{"OtherTokenInputs",
                    kModel,
                    "",
                    json::object(),
                    "ple",
                    {kPrompt, {1, 5, 6, 5}},
                    "per_layer_token_inputs is [batch, tokens, 6, 4]"},
        RefusedText{
            "ALayerTooFar", kLayer, "layers.0", {{"layer_idx", 6}}, "forward", {}, "layer_idx 6 of 6"},
        config_of_model("AnUnknownLayout", {{"layout", "tpu"}}, "layout \"tpu\""),
        config_of_model("Experts", {{"enable_moe_block", true}}, "enable_moe_block"),
        config_of_model("BothDirections", {{"use_bidirectional_attention", "all"}}, "are causal"),
        config_of_model("NoWindow", {{"sliding_window", 0}}, "sliding_window is positive"),
        config_of_model("NoDepth", {{"mask_depth", 0}}, "mask_depth"),
        config_of_model("NoSource", {{"num_kv_shared_layers", 5}, {"use_double_wide_mlp", false}},
                        "(num_kv_shared_layers)"),
        config_of_model("NoLayers", {{"num_hidden_layers", 0}}, "num_hidden_layers is positive"),
        config_of_model("AnotherRope", {{"rope_parameters", {{"full_attention", {{"rope_type", "yarn"}}}}}},
                        "rope_type \"yarn\""),
        config_of_model("AnotherActivation", {{"hidden_activation", "relu"}}, "hidden_activation \"relu\""),
        config_of_model("AnotherTypeOfLayer",
                        {{"layer_types", {"mamba", "mamba", "mamba", "mamba", "mamba", ""}}}, "\"mamba\"")),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core::testing
