// Gemma4ForCausalLM: a text model, the head, which shares its weight with the embeddings, and a soft cap of
// the logits. `head` is final norm and head alone, without the cap, which moves no logit past another.
// Config: that of Gemma4TextModel; tie_word_embeddings (default true), final_logit_softcapping.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "blocks/scaled.h"
#include "text_config.h"

class Gemma4ForCausalLM : public vernier::Wrapper {
 public:
  explicit Gemma4ForCausalLM(vernier::Module& m) : Gemma4ForCausalLM(m, gemma4::text_config(m)) {}

  // input_ids [batch, tokens] give logits, [batch, tokens, vocabulary].
  vernier::Value forward(vernier::Context& c, vernier::Value input_ids) {
    const vernier::Value logits = lm_head_(c, model_(c, input_ids));
    return cap_ ? (*cap_)(c, logits) : logits;
  }
  // hidden_states [batch, tokens, hidden], what the last layer gave.
  vernier::Value head(vernier::Context& c, vernier::Value hidden_states) {
    return lm_head_(c, model_.run(c, "final_norm", {hidden_states})[0]);
  }

 private:
  // cap * tanh(logits / cap)
  class SoftCap {
   public:
    SoftCap(vernier::Module& m, double cap)
        : divided_(m, "logit_softcapping_inverse", 1 / cap, "logit_softcapping_div"),
          tanh_(m.site("logit_softcapping_tanh")),
          multiplied_(m, "logit_softcapping", cap, "logits") {}
    vernier::Value operator()(vernier::Context& c, vernier::Value logits) const {
      return multiplied_(c, c.quantize(tanh_, vernier::ops::tanh(c, divided_(c, logits))));
    }

   private:
    blocks::Scaled divided_;
    vernier::Site tanh_;
    blocks::Scaled multiplied_;
  };

  Gemma4ForCausalLM(vernier::Module& m, const vernier::Options& text)
      : model_(m.child("model", "Gemma4TextModel",
                       {{"text_config", text},
                        {"layout", m.config().text("/layout", "reference")},
                        {"mask_depth", m.config().number("/mask_depth", blocks::kMaskDepth)}})),
        lm_head_(head_of(m, text)) {
    const double cap = text.number("/final_logit_softcapping", 0);
    if (cap < 0) throw vernier::invalid_argument("final_logit_softcapping is positive");
    if (cap > 0) cap_.emplace(m, cap);
  }

  static vernier::Child head_of(vernier::Module& m, const vernier::Options& text) {
    const int64_t hidden = text.integer("/hidden_size"), vocabulary = text.integer("/vocab_size", -1);
    if (!text.boolean("/tie_word_embeddings", true))
      return blocks::projection(m, "lm_head", hidden, vocabulary, false);
    const std::string above = m.path().empty() ? std::string() : m.path() + ".";
    return m.child("lm_head", "Linear",
                   {{"in_features", hidden},
                    {"out_features", vocabulary},
                    {"bias", false},
                    {"tied_weight", above + "model.embed_tokens.weight"}});
  }

  vernier::Child model_;
  vernier::Child lm_head_;
  std::optional<SoftCap> cap_;
};
