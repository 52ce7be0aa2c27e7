// DRAFT: may change or go until it is frozen as "vernier.processor/1".
//
// Turns what people have, text, chats and pictures, into a model's inputs and its tokens back into text, so
// that the host knows no tokenizer, no chat template and no picture format.
//
// A request is a JSON object of one of these forms:
//   {"text": "…"}                        tokens as the tokenizer makes them, its own special tokens included
//   {"messages": [{"role", "content"}]}  the chat template's text; a content is a text, or a list of
//                                        {"type": "text", "text"} and {"type": "image", "path"}
//   {"prompt": "…", "images": ["…"]}     the text as it stands: no template, no special token is added
// and of the last two also "answer", a text: what the model is to say. Its tokens follow those of the prompt.
// A prompt has a place for each picture: a placeholder, or what the placeholder becomes.
#ifndef VERNIER_ABI_DRAFT_PROCESSOR_H
#define VERNIER_ABI_DRAFT_PROCESSOR_H

#include <stdint.h>

#include "../host.h"
#include "../size.h"
#include "../status.h"
#include "../string.h"
#include "../tensor.h"

#define VERNIER_PROCESSOR_DRAFT "vernier.processor.draft/2"

// What `encode` made: `count` inputs, each with a name. Plugin-owned, valid until the next call on the
// instance.
typedef struct vernier_processed {
  uint64_t size;
  const vernier_string* names;
  const vernier_tensor* tensors;  // `stride` bytes apart: vernier_tensor as the plugin was built with it
  uint64_t count;
  uint64_t stride;
  uint64_t prompt_tokens;   // before the answer, padding not counted
  uint64_t answer_tokens;   // behind them; 0: the request has no answer
  uint64_t removed_tokens;  // that the options cut off
  uint64_t pictures;
} vernier_processed;

VERNIER_FREEZE_SLOT(vernier_processed, names, 1);
VERNIER_FREEZE_SLOT(vernier_processed, tensors, 2);
VERNIER_FREEZE_SLOT(vernier_processed, count, 3);
VERNIER_FREEZE_SLOT(vernier_processed, stride, 4);
VERNIER_FREEZE_SLOT(vernier_processed, prompt_tokens, 5);
VERNIER_FREEZE_SLOT(vernier_processed, answer_tokens, 6);
VERNIER_FREEZE_SLOT(vernier_processed, removed_tokens, 7);
VERNIER_FREEZE_SLOT(vernier_processed, pictures, 8);

// Its manifest row is of kind "processor". Equal arguments give equal results.
typedef struct vernier_processor {
  uint64_t size;
  // `folder` is the checkpoint's, absolute: its tokenizer's files lie there. `options` is a JSON object that
  // already passed the manifest's option schema. `*instance` is plugin-owned until `destroy`.
  // VERNIER_NOT_FOUND: the folder lacks a file, or the machine a program or package, which is named;
  // VERNIER_DATA_LOSS: a file is damaged; VERNIER_INVALID_ARGUMENT: an option does not go with the
  // checkpoint. [main thread]
  vernier_status (*create)(const vernier_host* host, vernier_string options, vernier_string folder,
                           void** instance);
  // Accepts null. [main thread]
  void (*destroy)(void* instance);
  // The inputs that stand for `request`. Its paths are relative to `base`, an absolute folder.
  // VERNIER_INVALID_ARGUMENT: it is no request, or asks for something that the options do not allow;
  // VERNIER_NOT_FOUND: a picture is not there, or the checkpoint lacks what the request needs (a template);
  // VERNIER_DATA_LOSS: a file is damaged, or no picture; VERNIER_UNIMPLEMENTED: the checkpoint wants
  // something done to it that this processor cannot do. [one thread at a time per instance]
  vernier_status (*encode)(void* instance, vernier_string request, vernier_string base,
                           vernier_processed* result);
  // The text of `count` tokens; plugin-owned, valid until the next call on the instance.
  // VERNIER_OUT_OF_RANGE: a token beyond the vocabulary. [one thread at a time per instance]
  vernier_status (*decode)(void* instance, const int64_t* tokens, uint64_t count, vernier_string* text);
} vernier_processor;

VERNIER_FREEZE_SLOT(vernier_processor, create, 1);
VERNIER_FREEZE_SLOT(vernier_processor, destroy, 2);
VERNIER_FREEZE_SLOT(vernier_processor, encode, 3);
VERNIER_FREEZE_SLOT(vernier_processor, decode, 4);

#endif
