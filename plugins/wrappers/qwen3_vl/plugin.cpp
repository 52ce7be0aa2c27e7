// Wrappers of Qwen3-VL.
#include <vernier/wrapper.h>

#include "text_mlp.h"

VERNIER_PLUGIN(vernier::wrapper<Qwen3VLTextMLP>("Qwen3VLTextMLP"));
