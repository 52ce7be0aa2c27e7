// The phases of text: `prefill`, the prompt as a whole, and `decode`, one token behind it. Tokens become
// hidden states, the layers run, and the last hidden states become the next token.
#pragma once

#include <vernier/draft/program_document.h>

#include <cmath>
#include <string>
#include <vector>

#include "decoder_steps.h"
#include "stack_steps.h"

namespace gemma4_program {

class TextPhases {
 public:
  TextPhases(vernier::ProgramDocument& document, const Model& model, const Profile& profile)
      : d_(document),
        model_(model),
        text_(model.text),
        profile_(profile),
        layers_(document, model, profile),
        stack_(document, model, profile) {}

  void write() {
    declare_buffers();
    declare_shared_units();
    write_prefill({"prefill", profile_.sequence});
    write_decode({"decode", 1});
    d_.generation("next_token", "logits", profile_.sequence, model_.stop);
  }

 private:
  [[nodiscard]] int64_t layer_count() const { return static_cast<int64_t>(text_.layers.size()); }
  [[nodiscard]] bool has_pictures() const { return profile_.pictures > 0; }

  // The same values on the grid of what reads them next, which need not be the one that they were made on.
  std::string regridded(const TextPhase& phase, const std::string& buffer, const std::string& name,
                        const std::vector<int64_t>& shape) {
    const std::string result = phase.scratch(d_, name, shape);
    d_.host("requantize", {{"x", buffer}}, {{"y", result}});
    return result;
  }

  void declare_buffers() {
    const vernier::Options lengths(R"([{"axis": 1, "counter": "prompt", "minimum": 1, "maximum": )" +
                                   std::to_string(profile_.sequence - 1) + "}]");
    d_.buffer("input_ids", "int32", {1, profile_.sequence}, "request",
              {{"fill", text_.pad}, {"lengths", lengths}, {"minimum", 0}, {"maximum", text_.vocabulary - 1}});
    d_.buffer("next_token", "int32", {1, 1}, "result");
    d_.buffer("logits", "float32", {1, 1, text_.vocabulary}, "result");
    layers_.declare_caches();
  }
  // Those that both phases run.
  void declare_shared_units() {
    const vernier::Options open(R"({"sequence": {"input_ids": [1]}})");
    const vernier::Config on_host = {{"place", "host"}, {"open", open}};
    declare(d_, profile_,
            {"token_embedding", text_.path + ".embed_tokens", "forward", {"input_ids"}, {"embeds"}, on_host});
    if (text_.per_layer > 0 && profile_.looks_up_on_host)
      d_.table("per_layer_table", text_.path + ".embed_tokens_per_layer.weight", text_.per_layer_vocabulary,
               layer_count() * text_.per_layer, std::sqrt(static_cast<double>(text_.per_layer)));
    else if (text_.per_layer > 0)
      declare(d_, profile_,
              {"ple_embedding", text_.path, "ple_tokens", {"input_ids"}, {"token_inputs"}, on_host});
    declare(d_, profile_, {"lm_head", "", "head", {"hidden_states"}, {"logits"}});
  }
  void declare_units(const TextPhase& phase) {
    if (text_.per_layer > 0)
      declare(d_, profile_,
              {"ple_projection_" + phase.name,
               text_.path,
               "ple",
               {"inputs_embeds", "per_layer_token_inputs"},
               {"per_layer_inputs"},
               {{"group", "ple_projection"}}});
    if (profile_.is_stack)
      stack_.declare_units(phase);
    else
      layers_.declare_units(phase);
  }

  void write_prefill(const TextPhase& phase) {
    if (has_pictures()) declare_fusion();
    declare_units(phase);
    d_.phase(phase.name, "once");
    const std::string tokens = prompt_tokens(phase);
    const std::vector<int64_t> shape = {1, phase.tokens, text_.hidden};
    std::string hidden = phase.scratch(d_, has_pictures() ? "text" : "hidden_0", shape);
    d_.run("token_embedding", {tokens}, {hidden});
    if (has_pictures()) hidden = fused(phase, hidden, shape);
    const std::vector<std::string> per_layer = per_layer_inputs(phase, tokens, hidden);
    hidden = profile_.is_stack ? stack_.prefill(phase, hidden, per_layer)
                               : layers_.prefill(phase, hidden, per_layer);
    const std::string last = phase.scratch(d_, "last_hidden", {1, 1, text_.hidden});
    d_.host("row", {{"x", hidden}}, {{"row", last}}, {{"axis", 1}, {"index", "prompt-1"}});
    choose(phase, last);
  }
  void write_decode(const TextPhase& phase) {
    declare_units(phase);
    d_.phase(phase.name, "each_token");
    const std::string tokens = decoded_token(phase);
    const std::string hidden = phase.scratch(d_, "hidden_0", {1, 1, text_.hidden});
    d_.run("token_embedding", {tokens}, {hidden});
    const std::vector<std::string> per_layer = per_layer_inputs(phase, tokens, hidden);
    choose(phase, profile_.is_stack ? stack_.decode(phase, hidden, per_layer)
                                    : layers_.decode(phase, hidden, per_layer));
  }

  // Tokens as the tables of embeddings take them: pads in the places of pictures.
  std::string prompt_tokens(const TextPhase& phase) {
    refuse_placeholders();
    if (!has_pictures()) return "input_ids";
    const std::string tokens = phase.scratch(d_, "tokens", {1, phase.tokens}, "int32");
    d_.host("replace_token", {{"tokens", "input_ids"}}, {{"replaced", tokens}},
            {{"token", model_.image_token}, {"replacement", text_.pad}});
    return tokens;
  }
  // Placeholders of what the program does not take, and of pictures where their place is built in.
  void refuse_placeholders() {
    for (const int64_t token : model_.other_placeholders) require(token, 0, 0);
    if (!has_pictures())
      require(model_.image_token, 0, 0);
    else if (profile_.is_tico)
      require(model_.image_token, model_.image_start, profile_.rows(model_));
  }
  void require(int64_t token, int64_t first, int64_t count) {
    if (token < 0 || token >= text_.vocabulary) return;
    d_.host("require_image_tokens", {{"tokens", "input_ids"}}, {},
            {{"image_token", token}, {"first", first}, {"count", count}});
  }
  // A placeholder that the model made itself reads as a pad.
  std::string decoded_token(const TextPhase& phase) {
    std::vector<int64_t> placeholders = model_.other_placeholders;
    if (model_.image_token >= 0 && model_.image_token < text_.vocabulary)
      placeholders.push_back(model_.image_token);
    std::string tokens = "next_token";
    for (const int64_t token : placeholders) {
      const std::string replaced =
          phase.scratch(d_, "token_without_" + std::to_string(token), {1, 1}, "int32");
      d_.host("replace_token", {{"tokens", tokens}}, {{"replaced", replaced}},
              {{"token", token}, {"replacement", text_.pad}});
      tokens = replaced;
    }
    return tokens;
  }

  void declare_fusion() {
    vernier::ProgramDocument::Unit unit{"multimodal_fusion_prefill",
                                        "model",
                                        profile_.is_tico ? "fuse_fixed_place_float" : "fuse",
                                        {"text_embeds", "visual_embeds"},
                                        {"embeds"}};
    if (!profile_.is_tico) unit.inputs.emplace_back("source");
    declare(d_, profile_, unit);
  }
  std::string fused(const TextPhase& phase, const std::string& text, const std::vector<int64_t>& shape) {
    if (profile_.is_tico) return fused_in_float(phase, text, shape);
    const std::string source = phase.scratch(d_, "source", {phase.tokens}, "int32");
    d_.host("fusion_source", {{"tokens", "input_ids"}, {"soft_tokens", "soft_tokens"}}, {{"source", source}},
            {{"image_token", model_.image_token}, {"rows_per_picture", profile_.rows(model_)}});
    const std::string hidden = phase.scratch(d_, "hidden_0", shape);
    d_.run("multimodal_fusion_prefill", {text, "visual", source}, {hidden});
    return hidden;
  }
  // TICO's file moves float32: the host takes codes apart before it and makes them anew behind it.
  std::string fused_in_float(const TextPhase& phase, const std::string& text,
                             const std::vector<int64_t>& shape) {
    const std::string float_text = regridded(phase, text, "float_text", shape);
    const std::string float_visual =
        regridded(phase, "visual", "float_visual", {profile_.rows(model_), text_.hidden});
    const std::string fused = phase.scratch(d_, "float_hidden_0", shape);
    d_.run("multimodal_fusion_prefill", {float_text, float_visual}, {fused});
    return regridded(phase, fused, "hidden_0", shape);
  }

  // A buffer for each layer, or for the stack one with all of them; none without per-layer embeddings.
  std::vector<std::string> per_layer_inputs(const TextPhase& phase, const std::string& tokens,
                                            const std::string& hidden) {
    std::vector<std::string> shares;
    if (text_.per_layer == 0) return shares;
    const std::vector<int64_t> all = {1, phase.tokens, layer_count(), text_.per_layer};
    const std::vector<int64_t> one = {1, phase.tokens, text_.per_layer};
    const std::string rows = phase.scratch(d_, "per_layer_token_inputs", all);
    if (profile_.looks_up_on_host)
      d_.host("table_lookup", {{"rows", tokens}}, {{"values", rows}}, {{"table", "per_layer_table"}});
    else
      d_.run("ple_embedding", {tokens}, {rows});
    const std::string inputs = phase.scratch(d_, "per_layer_inputs", all);
    d_.run("ple_projection_" + phase.name, {hidden, rows}, {inputs});
    if (profile_.is_stack) return {inputs};
    for (int64_t i = 0; i < layer_count(); ++i) {
      const std::string number = std::to_string(i);
      const std::string share = phase.scratch(d_, "per_layer_share_" + number, one);
      d_.host("row", {{"x", inputs}}, {{"row", share}}, {{"axis", 2}, {"index", i}});
      shares.push_back(regridded(phase, share, "per_layer_input_" + number, one));
    }
    return shares;
  }

  // From the last hidden states of one token to the token behind it.
  void choose(const TextPhase& phase, const std::string& hidden) {
    const std::string head_input = regridded(phase, hidden, "head_input", {1, 1, text_.hidden});
    if (text_.softcap > 0) {
      const std::string raw = phase.scratch(d_, "raw_logits", {1, 1, text_.vocabulary});
      d_.run("lm_head", {head_input}, {raw});
      d_.host("softcap", {{"logits", raw}}, {{"capped", "logits"}}, {{"cap", text_.softcap}});
    } else {
      d_.run("lm_head", {head_input}, {"logits"});
    }
    d_.host("argmax", {{"logits", "logits"}}, {{"token", "next_token"}});
  }

  vernier::ProgramDocument& d_;
  const Model& model_;
  const Text& text_;
  const Profile& profile_;
  DecoderSteps layers_;
  StackSteps stack_;
};

}  // namespace gemma4_program
