// From the last hidden states to logits: what the causal LM and the multimodal model have in common.
#pragma once

#include <optional>
#include <string>

#include "blocks/scaled.h"
#include "text_config.h"

namespace gemma4 {

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

// Declares the child lm_head and, where the text config has final_logit_softcapping, what the cap needs.
class LanguageHead {
 public:
  // `text_model`: path of the text model below m, whose table is lm_head's weight where `is_tied`.
  LanguageHead(vernier::Module& m, const vernier::Options& text, const std::string& text_model, bool is_tied)
      : lm_head_(lm_head(m, text, text_model, is_tied)) {
    const double cap = text.number("/final_logit_softcapping", 0);
    if (cap < 0) throw vernier::invalid_argument("final_logit_softcapping is positive");
    if (cap > 0) cap_.emplace(m, cap);
  }

  // [batch, tokens, hidden], behind the final norm, give [batch, tokens, vocabulary].
  vernier::Value operator()(vernier::Context& c, vernier::Value hidden) const {
    const vernier::Value logits = without_cap(c, hidden);
    return cap_ ? (*cap_)(c, logits) : logits;
  }
  vernier::Value without_cap(vernier::Context& c, vernier::Value hidden) const { return lm_head_(c, hidden); }

 private:
  static vernier::Child lm_head(vernier::Module& m, const vernier::Options& text,
                                const std::string& text_model, bool is_tied) {
    const int64_t hidden = text.integer("/hidden_size"), vocabulary = text.integer("/vocab_size", -1);
    if (!is_tied) return blocks::projection(m, "lm_head", hidden, vocabulary, false);
    const std::string above = m.path().empty() ? std::string() : m.path() + ".";
    return m.child("lm_head", "Linear",
                   {{"in_features", hidden},
                    {"out_features", vocabulary},
                    {"bias", false},
                    {"tied_weight", above + text_model + ".embed_tokens.weight"}});
  }

  vernier::Child lm_head_;
  std::optional<SoftCap> cap_;
};

}  // namespace gemma4
