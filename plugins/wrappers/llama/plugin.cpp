// Wrappers of Llama.
#include <vernier/wrapper.h>

#include "mlp.h"

VERNIER_PLUGIN(vernier::wrapper<LlamaMLP>("LlamaMLP"));
