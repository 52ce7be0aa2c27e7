// Gemma4ForCausalLM: a text model, the head, which shares its weight with the embeddings, and a soft cap of
// the logits. `head` is final norm and head alone, without the cap, which moves no logit past another.
// Config: that of Gemma4TextModel; tie_word_embeddings (default true), final_logit_softcapping; text_model,
// where the text model is ("model"; in a multimodal checkpoint "model.language_model").
#pragma once

#include "language_head.h"

class Gemma4ForCausalLM : public vernier::Wrapper {
 public:
  explicit Gemma4ForCausalLM(vernier::Module& m) : Gemma4ForCausalLM(m, gemma4::text_config(m)) {}

  // input_ids [batch, tokens] give logits, [batch, tokens, vocabulary].
  vernier::Value forward(vernier::Context& c, vernier::Value input_ids) {
    return head_(c, model_(c, input_ids));
  }
  // hidden_states [batch, tokens, hidden], what the last layer gave.
  vernier::Value head(vernier::Context& c, vernier::Value hidden_states) {
    return head_.without_cap(c, model_.run(c, "final_norm", {hidden_states})[0]);
  }

 private:
  Gemma4ForCausalLM(vernier::Module& m, const vernier::Options& text)
      : model_(m.child(text_model(m), "Gemma4TextModel",
                       {{"text_config", text},
                        {"layout", m.config().text("/layout", "reference")},
                        {"mask_depth", m.config().number("/mask_depth", blocks::kMaskDepth)}})),
        head_(m, text, text_model(m), text.boolean("/tie_word_embeddings", true)) {}

  static std::string text_model(const vernier::Module& m) { return m.config().text("/text_model", "model"); }

  vernier::Child model_;
  gemma4::LanguageHead head_;
};
