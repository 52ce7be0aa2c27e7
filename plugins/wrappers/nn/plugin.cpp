// Wrappers of the modules that every model is made of.
#include <vernier/wrapper.h>

#include "activation.h"
#include "embedding.h"
#include "layer_norm.h"
#include "linear.h"
#include "rms_norm.h"

VERNIER_PLUGIN(vernier::wrapper<Linear>("Linear"), vernier::wrapper<Embedding>("Embedding"),
               vernier::wrapper<RMSNorm>("RMSNorm"), vernier::wrapper<LayerNorm>("LayerNorm"),
               vernier::wrapper<SiLU>("SiLU"), vernier::wrapper<GELU>("GELU"),
               vernier::wrapper<Elementwise<vernier::ops::sigmoid>>("Sigmoid"),
               vernier::wrapper<Elementwise<vernier::ops::tanh>>("Tanh"),
               vernier::wrapper<Elementwise<vernier::ops::relu>>("ReLU"));
