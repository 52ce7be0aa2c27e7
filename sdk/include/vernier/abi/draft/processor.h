// DRAFT: may change or go until it is frozen as "vernier.processor/1".
//
// Turns what people have, text and chats, into a model's inputs and its tokens back into text, so that the
// host knows no tokenizer and no chat template.
#ifndef VERNIER_ABI_DRAFT_PROCESSOR_H
#define VERNIER_ABI_DRAFT_PROCESSOR_H

#include <stdint.h>

#include "../host.h"
#include "../size.h"
#include "../status.h"
#include "../string.h"
#include "../tensor.h"

#define VERNIER_PROCESSOR_DRAFT "vernier.processor.draft/1"

// What `encode` made: `count` inputs, each with the name that an entry gives it. Plugin-owned, valid until
// the next call on the instance.
typedef struct vernier_processed {
  uint64_t size;
  const vernier_string* names;
  const vernier_tensor* tensors;  // an array with the stride of the headers that the plugin was built with
  uint64_t count;
} vernier_processed;

VERNIER_FREEZE_SLOT(vernier_processed, names, 1);
VERNIER_FREEZE_SLOT(vernier_processed, tensors, 2);
VERNIER_FREEZE_SLOT(vernier_processed, count, 3);

// Its manifest row is of kind "processor". Equal arguments give equal results.
typedef struct vernier_processor {
  uint64_t size;
  // `folder` is the checkpoint's, absolute: its tokenizer's files lie there. `options` is a JSON object that
  // already passed the manifest's option schema. `*instance` is plugin-owned until `destroy`.
  // VERNIER_NOT_FOUND: the folder lacks a file, which is named; VERNIER_DATA_LOSS: one that is damaged.
  // [main thread]
  vernier_status (*create)(const vernier_host* host, vernier_string options, vernier_string folder,
                           void** instance);
  // Accepts null. [main thread]
  void (*destroy)(void* instance);
  // The inputs that stand for `request`, a JSON object: {"text": …} or {"messages": [{"role", "content"}]}.
  // VERNIER_INVALID_ARGUMENT: it is none, or asks for something that the model has not. [one thread at a time
  // per instance]
  vernier_status (*encode)(void* instance, vernier_string request, vernier_processed* result);
  // The text of `count` tokens; plugin-owned, valid until the next call on the instance.
  // VERNIER_OUT_OF_RANGE: a token beyond the vocabulary. [one thread at a time per instance]
  vernier_status (*decode)(void* instance, const int64_t* tokens, uint64_t count, vernier_string* text);
} vernier_processor;

VERNIER_FREEZE_SLOT(vernier_processor, create, 1);
VERNIER_FREEZE_SLOT(vernier_processor, destroy, 2);
VERNIER_FREEZE_SLOT(vernier_processor, encode, 3);
VERNIER_FREEZE_SLOT(vernier_processor, decode, 4);

#endif
