// Wrappers of BERT.
#include <vernier/wrapper.h>

#include "attention.h"
#include "embeddings.h"
#include "layer.h"
#include "model.h"

VERNIER_PLUGIN(vernier::wrapper<BertEmbeddings>("BertEmbeddings"),
               vernier::wrapper<BertSelfAttention>("BertSelfAttention"),
               vernier::wrapper<BertSelfOutput>("BertSelfOutput"),
               vernier::wrapper<BertAttention>("BertAttention"),
               vernier::wrapper<BertIntermediate>("BertIntermediate"),
               vernier::wrapper<BertOutput>("BertOutput"), vernier::wrapper<BertLayer>("BertLayer"),
               vernier::wrapper<BertEncoder>("BertEncoder"), vernier::wrapper<BertPooler>("BertPooler"),
               vernier::wrapper<BertModel>("BertModel"));
