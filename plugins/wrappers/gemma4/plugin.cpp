// Wrappers of Gemma4.
#include <vernier/wrapper.h>

#include "clippable_linear.h"
#include "for_causal_lm.h"
#include "for_conditional_generation.h"
#include "model.h"
#include "multimodal_embedder.h"
#include "multimodal_fusion.h"
#include "rms_norm.h"
#include "text_attention.h"
#include "text_decoder_layer.h"
#include "text_mlp.h"
#include "text_model.h"
#include "text_scaled_word_embedding.h"
#include "vision_attention.h"
#include "vision_encoder.h"
#include "vision_encoder_layer.h"
#include "vision_mlp.h"
#include "vision_model.h"
#include "vision_patch_embedder.h"
#include "vision_pixel_projection.h"
#include "vision_pooler.h"

namespace {

constexpr auto kTextAttention = vernier::wrapper<Gemma4TextAttention>("Gemma4TextAttention")
                                    .entry("forward", &Gemma4TextAttention::forward)
                                    .entry("prefill", &Gemma4TextAttention::prefill)
                                    .entry("decode", &Gemma4TextAttention::decode)
                                    .entry("decode_joined", &Gemma4TextAttention::decode_joined)
                                    .entry("prefill_shared", &Gemma4TextAttention::shared)
                                    .entry("decode_shared", &Gemma4TextAttention::shared);

constexpr auto kTextDecoderLayer = vernier::wrapper<Gemma4TextDecoderLayer>("Gemma4TextDecoderLayer")
                                       .entry("forward", &Gemma4TextDecoderLayer::forward)
                                       .entry("prefill", &Gemma4TextDecoderLayer::prefill)
                                       .entry("decode", &Gemma4TextDecoderLayer::decode)
                                       .entry("decode_joined", &Gemma4TextDecoderLayer::decode_joined)
                                       .entry("prefill_shared", &Gemma4TextDecoderLayer::shared)
                                       .entry("decode_shared", &Gemma4TextDecoderLayer::shared)
                                       .entry("forward_ple", &Gemma4TextDecoderLayer::forward_ple)
                                       .entry("prefill_ple", &Gemma4TextDecoderLayer::prefill_ple)
                                       .entry("decode_ple", &Gemma4TextDecoderLayer::decode_ple)
                                       .entry("decode_joined_ple", &Gemma4TextDecoderLayer::decode_joined_ple)
                                       .entry("prefill_shared_ple", &Gemma4TextDecoderLayer::shared_ple)
                                       .entry("decode_shared_ple", &Gemma4TextDecoderLayer::shared_ple);

constexpr auto kTextModel = vernier::wrapper<Gemma4TextModel>("Gemma4TextModel")
                                .entry("forward", &Gemma4TextModel::forward)
                                .entry("from_embeds", &Gemma4TextModel::from_embeds)
                                .entry("from_embeds_ple", &Gemma4TextModel::from_embeds_ple)
                                .entry("from_embeds_tokens", &Gemma4TextModel::from_embeds_tokens)
                                .entry("embed", &Gemma4TextModel::embed)
                                .entry("ple_tokens", &Gemma4TextModel::ple_tokens)
                                .entry("ple", &Gemma4TextModel::ple)
                                .entry("prefill_stack", &Gemma4TextModel::prefill_stack)
                                .entry("prefill_stack_ple", &Gemma4TextModel::prefill_stack_ple)
                                .entry("decode_stack", &Gemma4TextModel::decode_stack)
                                .entry("decode_stack_ple", &Gemma4TextModel::decode_stack_ple)
                                .entry("final_norm", &Gemma4TextModel::final_norm);

constexpr auto kForCausalLM = vernier::wrapper<Gemma4ForCausalLM>("Gemma4ForCausalLM")
                                  .entry("forward", &Gemma4ForCausalLM::forward)
                                  .entry("head", &Gemma4ForCausalLM::head);

constexpr auto kModel = vernier::wrapper<Gemma4Model>("Gemma4Model")
                            .entry("forward", &Gemma4Model::forward)
                            .entry("fixed_grid", &Gemma4Model::fixed_grid)
                            .entry("text", &Gemma4Model::text)
                            .entry("image_features", &Gemma4Model::image_features)
                            .entry("image_features_fixed_grid", &Gemma4Model::image_features_fixed_grid)
                            .entry("fuse", &Gemma4Model::fuse)
                            .entry("fuse_fixed_place", &Gemma4Model::fuse_fixed_place)
                            .entry("fuse_fixed_place_float", &Gemma4Model::fuse_fixed_place_float)
                            .entry("final_norm", &Gemma4Model::final_norm);

constexpr auto kForConditionalGeneration =
    vernier::wrapper<Gemma4ForConditionalGeneration>("Gemma4ForConditionalGeneration")
        .entry("forward", &Gemma4ForConditionalGeneration::forward)
        .entry("fixed_grid", &Gemma4ForConditionalGeneration::fixed_grid)
        .entry("text", &Gemma4ForConditionalGeneration::text)
        .entry("head", &Gemma4ForConditionalGeneration::head);

}  // namespace

VERNIER_PLUGIN(vernier::wrapper<Gemma4RMSNorm>("Gemma4RMSNorm"),
               vernier::wrapper<Gemma4ClippableLinear>("Gemma4ClippableLinear"),
               vernier::wrapper<Gemma4TextScaledWordEmbedding>("Gemma4TextScaledWordEmbedding"),
               vernier::wrapper<Gemma4MultimodalEmbedder>("Gemma4MultimodalEmbedder")
                   .entry("forward", &Gemma4MultimodalEmbedder::forward)
                   .entry("rows", &Gemma4MultimodalEmbedder::rows),
               vernier::wrapper<Gemma4TextMLP>("Gemma4TextMLP"), kTextAttention, kTextDecoderLayer,
               kTextModel, kForCausalLM, kModel, kForConditionalGeneration,
               vernier::wrapper<Gemma4VisionPixelProjection>("Gemma4VisionPixelProjection"),
               vernier::wrapper<Gemma4VisionPatchEmbedder>("Gemma4VisionPatchEmbedder")
                   .entry("forward", &Gemma4VisionPatchEmbedder::forward)
                   .entry("any_grid", &Gemma4VisionPatchEmbedder::any_grid),
               vernier::wrapper<Gemma4VisionAttention>("Gemma4VisionAttention")
                   .entry("forward", &Gemma4VisionAttention::forward)
                   .entry("masked", &Gemma4VisionAttention::masked),
               vernier::wrapper<Gemma4VisionMLP>("Gemma4VisionMLP"),
               vernier::wrapper<Gemma4VisionEncoderLayer>("Gemma4VisionEncoderLayer")
                   .entry("forward", &Gemma4VisionEncoderLayer::forward)
                   .entry("masked", &Gemma4VisionEncoderLayer::masked),
               vernier::wrapper<Gemma4VisionEncoder>("Gemma4VisionEncoder")
                   .entry("forward", &Gemma4VisionEncoder::forward)
                   .entry("any_grid", &Gemma4VisionEncoder::any_grid),
               vernier::wrapper<Gemma4VisionPooler>("Gemma4VisionPooler")
                   .entry("forward", &Gemma4VisionPooler::forward)
                   .entry("any_grid", &Gemma4VisionPooler::any_grid),
               vernier::wrapper<Gemma4VisionModel>("Gemma4VisionModel")
                   .entry("forward", &Gemma4VisionModel::forward)
                   .entry("any_grid", &Gemma4VisionModel::any_grid),
               vernier::wrapper<Gemma4MultimodalFusion>("Gemma4MultimodalFusion")
                   .entry("forward", &Gemma4MultimodalFusion::forward)
                   .entry("any_place", &Gemma4MultimodalFusion::any_place));
