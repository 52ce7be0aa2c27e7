// Gemma4ForConditionalGeneration: pictures and text to logits. The entries are those of Gemma4Model with the
// head behind them; `head` is final norm and head alone, without the soft cap.
// Config: that of the checkpoint as Gemma4Model reads it, and its tie_word_embeddings (default: the text
// config's, else true).
#pragma once

#include "language_head.h"

class Gemma4ForConditionalGeneration : public vernier::Wrapper {
  using Value = vernier::Value;

 public:
  explicit Gemma4ForConditionalGeneration(vernier::Module& m)
      : Gemma4ForConditionalGeneration(m, gemma4::text_config(m)) {}

  // As Gemma4Model's; logits are [1, tokens, vocabulary].
  Value forward(vernier::Context& c, Value input_ids, Value pixel_values, Value pixel_position_ids,
                Value pixel_attention_mask, Value position_embeddings_cos, Value position_embeddings_sin,
                Value pool_weight, Value source) {
    return head_(c, model_(c, input_ids, pixel_values, pixel_position_ids, pixel_attention_mask,
                           position_embeddings_cos, position_embeddings_sin, pool_weight, source));
  }
  Value fixed_grid(vernier::Context& c, Value input_ids, Value pixel_values) {
    return head_(c, model_.run(c, "fixed_grid", {input_ids, pixel_values}).at(0));
  }
  // input_ids [batch, tokens] without placeholders.
  Value text(vernier::Context& c, Value input_ids) {
    return head_(c, model_.run(c, "text", {input_ids}).at(0));
  }
  // hidden_states [batch, tokens, hidden], what the last layer gave.
  Value head(vernier::Context& c, Value hidden_states) {
    return head_.without_cap(c, model_.run(c, "final_norm", {hidden_states}).at(0));
  }

 private:
  Gemma4ForConditionalGeneration(vernier::Module& m, const vernier::Options& text)
      : model_(m.child("model", "Gemma4Model", m.config())),
        head_(m, text, "model.language_model",
              m.config().boolean("/tie_word_embeddings", text.boolean("/tie_word_embeddings", true))) {}

  vernier::Child model_;
  gemma4::LanguageHead head_;
};
