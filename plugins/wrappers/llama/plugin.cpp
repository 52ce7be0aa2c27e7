// Wrappers of Llama.
#include <vernier/wrapper.h>

#include "attention.h"
#include "mlp.h"

VERNIER_PLUGIN(vernier::wrapper<LlamaAttention>("LlamaAttention"), vernier::wrapper<LlamaMLP>("LlamaMLP"));
