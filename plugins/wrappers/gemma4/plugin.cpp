// Wrappers of Gemma4.
#include <vernier/wrapper.h>

#include "clippable_linear.h"
#include "for_causal_lm.h"
#include "multimodal_embedder.h"
#include "rms_norm.h"
#include "text_attention.h"
#include "text_decoder_layer.h"
#include "text_mlp.h"
#include "text_model.h"
#include "text_scaled_word_embedding.h"

namespace {

constexpr auto kTextAttention = vernier::wrapper<Gemma4TextAttention>("Gemma4TextAttention")
                                    .entry("forward", &Gemma4TextAttention::forward)
                                    .entry("prefill", &Gemma4TextAttention::prefill)
                                    .entry("decode", &Gemma4TextAttention::decode)
                                    .entry("prefill_shared", &Gemma4TextAttention::shared)
                                    .entry("decode_shared", &Gemma4TextAttention::shared);

constexpr auto kTextDecoderLayer = vernier::wrapper<Gemma4TextDecoderLayer>("Gemma4TextDecoderLayer")
                                       .entry("forward", &Gemma4TextDecoderLayer::forward)
                                       .entry("prefill", &Gemma4TextDecoderLayer::prefill)
                                       .entry("decode", &Gemma4TextDecoderLayer::decode)
                                       .entry("prefill_shared", &Gemma4TextDecoderLayer::shared)
                                       .entry("decode_shared", &Gemma4TextDecoderLayer::shared)
                                       .entry("forward_ple", &Gemma4TextDecoderLayer::forward_ple)
                                       .entry("prefill_ple", &Gemma4TextDecoderLayer::prefill_ple)
                                       .entry("decode_ple", &Gemma4TextDecoderLayer::decode_ple)
                                       .entry("prefill_shared_ple", &Gemma4TextDecoderLayer::shared_ple)
                                       .entry("decode_shared_ple", &Gemma4TextDecoderLayer::shared_ple);

constexpr auto kTextModel = vernier::wrapper<Gemma4TextModel>("Gemma4TextModel")
                                .entry("forward", &Gemma4TextModel::forward)
                                .entry("from_embeds", &Gemma4TextModel::from_embeds)
                                .entry("from_embeds_ple", &Gemma4TextModel::from_embeds_ple)
                                .entry("ple_tokens", &Gemma4TextModel::ple_tokens)
                                .entry("ple", &Gemma4TextModel::ple)
                                .entry("final_norm", &Gemma4TextModel::final_norm);

constexpr auto kForCausalLM = vernier::wrapper<Gemma4ForCausalLM>("Gemma4ForCausalLM")
                                  .entry("forward", &Gemma4ForCausalLM::forward)
                                  .entry("head", &Gemma4ForCausalLM::head);

}  // namespace

VERNIER_PLUGIN(vernier::wrapper<Gemma4RMSNorm>("Gemma4RMSNorm"),
               vernier::wrapper<Gemma4ClippableLinear>("Gemma4ClippableLinear"),
               vernier::wrapper<Gemma4TextScaledWordEmbedding>("Gemma4TextScaledWordEmbedding"),
               vernier::wrapper<Gemma4MultimodalEmbedder>("Gemma4MultimodalEmbedder"),
               vernier::wrapper<Gemma4TextMLP>("Gemma4TextMLP"), kTextAttention, kTextDecoderLayer,
               kTextModel, kForCausalLM);
