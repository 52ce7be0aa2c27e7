// Wrappers of Gemma4.
#include <vernier/wrapper.h>

#include "clippable_linear.h"
#include "multimodal_embedder.h"
#include "rms_norm.h"
#include "text_mlp.h"
#include "text_scaled_word_embedding.h"

VERNIER_PLUGIN(vernier::wrapper<Gemma4RMSNorm>("Gemma4RMSNorm"),
               vernier::wrapper<Gemma4ClippableLinear>("Gemma4ClippableLinear"),
               vernier::wrapper<Gemma4TextScaledWordEmbedding>("Gemma4TextScaledWordEmbedding"),
               vernier::wrapper<Gemma4MultimodalEmbedder>("Gemma4MultimodalEmbedder"),
               vernier::wrapper<Gemma4TextMLP>("Gemma4TextMLP"));
