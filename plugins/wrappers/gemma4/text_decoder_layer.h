// Gemma4TextDecoderLayer: attention and feed-forward network, each between two norms and added to what came
// in; then what the layer gets of the per-layer embeddings (PLE), and the factor layer_scalar over all.
// The entries are those of Gemma4TextAttention; where the model has PLE, those that end in _ple, which take
// per_layer_input besides.
// Config: the text config (text_config.h), layer_idx, layout and kv_source, all as Gemma4TextAttention's.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "blocks/scaled.h"
#include "text_config.h"

class Gemma4TextDecoderLayer : public vernier::Wrapper {
  using Value = vernier::Value;
  using Values = std::vector<vernier::Value>;

 public:
  explicit Gemma4TextDecoderLayer(vernier::Module& m)
      : Gemma4TextDecoderLayer(m, gemma4::text_config(m), gemma4::layout(m)) {}

  // hidden [batch, tokens, hidden] gives that; mask, cos, sin, keys and values as Gemma4TextAttention has
  // them; per_layer_input [batch, tokens, hidden_size_per_layer_input].
  Value forward(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin) {
    return run(c, "forward", hidden, {mask, cos, sin}, {})[0];
  }
  Values prefill(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin) {
    return run(c, "prefill", hidden, {mask, cos, sin}, {});
  }
  Values decode(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin, Value past_k,
                Value past_v) {
    return run(c, "decode", hidden, {mask, cos, sin, past_k, past_v}, {});
  }
  Values decode_joined(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin, Value past_k,
                       Value past_v) {
    return run(c, "decode_joined", hidden, {mask, cos, sin, past_k, past_v}, {});
  }
  Value shared(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin, Value shared_k,
               Value shared_v) {
    return run(c, "prefill_shared", hidden, {mask, cos, sin, shared_k, shared_v}, {})[0];
  }

  Value forward_ple(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin,
                    Value per_layer_input) {
    return run(c, "forward", hidden, {mask, cos, sin}, per_layer_input)[0];
  }
  Values prefill_ple(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin,
                     Value per_layer_input) {
    return run(c, "prefill", hidden, {mask, cos, sin}, per_layer_input);
  }
  Values decode_ple(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin,
                    Value per_layer_input, Value past_k, Value past_v) {
    return run(c, "decode", hidden, {mask, cos, sin, past_k, past_v}, per_layer_input);
  }
  Values decode_joined_ple(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin,
                           Value per_layer_input, Value past_k, Value past_v) {
    return run(c, "decode_joined", hidden, {mask, cos, sin, past_k, past_v}, per_layer_input);
  }
  Value shared_ple(vernier::Context& c, Value hidden, Value mask, Value cos, Value sin, Value per_layer_input,
                   Value shared_k, Value shared_v) {
    return run(c, "prefill_shared", hidden, {mask, cos, sin, shared_k, shared_v}, per_layer_input)[0];
  }

 private:
  // What becomes of a layer's share of the per-layer embeddings.
  class PerLayerInput {
   public:
    PerLayerInput(vernier::Module& m, const vernier::Options& text, int64_t hidden, int64_t size)
        : approximate_(gemma4::gelu_form(text, "Gemma4TextDecoderLayer")),
          gate_(blocks::projection(m, "per_layer_input_gate", hidden, size, false)),
          gate_act_(m.site("per_layer_gate_act")),
          input_(m.site("per_layer_input")),
          product_(m.site("per_layer_mul")),
          projection_(blocks::projection(m, "per_layer_projection", size, hidden, false)),
          norm_(gemma4::norm(m, "post_per_layer_input_norm", hidden, text)),
          sum_(m.site("per_layer_residual_out")) {}

    Value operator()(vernier::Context& c, Value hidden, Value per_layer_input) const {
      namespace ops = vernier::ops;
      const Value gate = c.quantize(gate_act_, ops::gelu(c, gate_(c, hidden), approximate_));
      const Value product = c.quantize(product_, ops::mul(c, gate, c.quantize(input_, per_layer_input)));
      return c.quantize(sum_, ops::add(c, hidden, norm_(c, projection_(c, product))));
    }

   private:
    std::string approximate_;
    vernier::Child gate_;
    vernier::Site gate_act_, input_, product_;
    vernier::Child projection_, norm_;
    vernier::Site sum_;
  };

  Gemma4TextDecoderLayer(vernier::Module& m, const vernier::Options& text, const gemma4::Layout& layout)
      : hidden_(text.integer("/hidden_size")),
        act_in_(m.site("act_in")),
        input_norm_(gemma4::norm(m, "input_layernorm", hidden_, text)),
        attention_(attention(m, text, layout)),
        attention_norm_(gemma4::norm(m, "post_attention_layernorm", hidden_, text)),
        attention_sum_(m.site("attn_residual_out")),
        mlp_norm_(gemma4::norm(m, "pre_feedforward_layernorm", hidden_, text)),
        mlp_(mlp(m, text)),
        post_mlp_norm_(gemma4::norm(m, "post_feedforward_layernorm", hidden_, text)),
        mlp_sum_(m.site("mlp_residual_out")) {
    const int64_t size = text.integer("/hidden_size_per_layer_input", 0);
    if (size > 0) per_layer_input_.emplace(m, text, hidden_, size);
    scaled_.emplace(m, "layer_scalar", m.scalar("layer_scalar"), "layer_scalar_out");
  }

  static vernier::Child attention(vernier::Module& m, const vernier::Options& text,
                                  const gemma4::Layout& layout) {
    const int64_t layer = m.config().integer("/layer_idx");
    if (!m.config().has("/kv_source"))
      return m.child("self_attn", "Gemma4TextAttention",
                     {{"text_config", text}, {"layer_idx", layer}, {"layout", layout.name}});
    return m.child("self_attn", "Gemma4TextAttention",
                   {{"text_config", text},
                    {"layer_idx", layer},
                    {"layout", layout.name},
                    {"kv_source", m.config().text("/kv_source")}});
  }
  static vernier::Child mlp(vernier::Module& m, const vernier::Options& text) {
    const gemma4::TextLayer layer = gemma4::text_layer(text, m.config().integer("/layer_idx"));
    return m.child("mlp", "Gemma4TextMLP",
                   {{"hidden_size", text.integer("/hidden_size")},
                    {"intermediate_size", layer.intermediate_size},
                    {"hidden_activation", text.text("/hidden_activation", "gelu_pytorch_tanh")}});
  }

  // `rest`: what `entry` of the attention takes after the hidden states.
  Values run(vernier::Context& c, std::string_view entry, Value hidden, Values rest, Value per_layer_input) {
    namespace ops = vernier::ops;
    if (per_layer_input_.has_value() != static_cast<bool>(per_layer_input))
      throw vernier::invalid_argument(
          per_layer_input_ ? "this model has per-layer embeddings: its layers' entries end in _ple"
                           : "this model has no per-layer embeddings (hidden_size_per_layer_input)");
    const Value in = c.quantize(act_in_, hidden);
    rest.insert(rest.begin(), input_norm_(c, in));
    Values results = attention_.run(c, entry, rest);
    const Value attended = c.quantize(attention_sum_, ops::add(c, in, attention_norm_(c, results[0])));
    const Value fed = post_mlp_norm_(c, mlp_(c, mlp_norm_(c, attended)));
    Value out = c.quantize(mlp_sum_, ops::add(c, attended, fed));
    if (per_layer_input_) out = (*per_layer_input_)(c, out, per_layer_input);
    results[0] = (*scaled_)(c, out);
    return results;
  }

  int64_t hidden_;
  vernier::Site act_in_;
  vernier::Child input_norm_, attention_, attention_norm_;
  vernier::Site attention_sum_;
  vernier::Child mlp_norm_, mlp_, post_mlp_norm_;
  vernier::Site mlp_sum_;
  std::optional<PerLayerInput> per_layer_input_;
  std::optional<blocks::Scaled> scaled_;
};
