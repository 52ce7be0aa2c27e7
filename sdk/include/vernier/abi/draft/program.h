// DRAFT: may change or go until it is frozen as "vernier.program/1".
//
// Says which units a whole model consists of and how they are wired at run time, so that the host knows no
// model. What it says is a document, schemas/program.schema.json; docs/program.md tells what it means.
#ifndef VERNIER_ABI_DRAFT_PROGRAM_H
#define VERNIER_ABI_DRAFT_PROGRAM_H

#include <stdint.h>

#include "../host.h"
#include "../size.h"
#include "../status.h"
#include "../string.h"

#define VERNIER_PROGRAM_DRAFT "vernier.program.draft/1"

// Its manifest row is of kind "program"; "options" there is the schema of profiles. Equal arguments give
// equal documents: the host asks twice and compares.
typedef struct vernier_program {
  uint64_t size;
  // The program of one model. `config` is the model's config.json with what the recipe changes of it;
  // `profile` is a JSON object that already passed the manifest's option schema, without the schema's
  // defaults. `*instance` is plugin-owned until `destroy`. Texts of failures name the key by its JSON
  // pointer. VERNIER_NOT_FOUND: the config lacks a key; VERNIER_INVALID_ARGUMENT: it contradicts itself, or
  // a value of it has another type; VERNIER_UNIMPLEMENTED: it asks for what this program does not serve;
  // VERNIER_OUT_OF_RANGE: this model has no program of that profile. [main thread]
  vernier_status (*create)(const vernier_host* host, vernier_string config, vernier_string profile,
                           void** instance);
  // Accepts null. [main thread]
  void (*destroy)(void* instance);
  // The document, UTF-8 JSON of at most 16 MiB; plugin-owned, valid until `destroy`. [main thread]
  vernier_status (*document)(void* instance, vernier_string* text);
} vernier_program;

VERNIER_FREEZE_SLOT(vernier_program, create, 1);
VERNIER_FREEZE_SLOT(vernier_program, destroy, 2);
VERNIER_FREEZE_SLOT(vernier_program, document, 3);

#endif
