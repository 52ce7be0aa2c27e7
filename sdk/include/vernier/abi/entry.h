// The one symbol that a plugin library exports.
#ifndef VERNIER_ABI_ENTRY_H
#define VERNIER_ABI_ENTRY_H

#include <stdint.h>

#include "host.h"

// A new major means a broken layout or meaning; a new minor means appended fields, interfaces or ops.
#define VERNIER_ABI_MAJOR 1
#define VERNIER_ABI_MINOR 2

// The major is part of the name, so one library could serve two of them.
#define VERNIER_ENTRY_SYMBOL "vernier_plugin_entry_v1"

// Plugin-owned constant data, valid until the process ends (the host never unloads a library).
typedef struct vernier_entry {
  uint64_t size;

  // Called once, before anything else; keep `host`. A failure here is the library's verdict. No thread may be
  // started before it. Null: nothing to do. [main thread & loading]
  vernier_status (*initialize)(const vernier_host* host);

  // The component of `kind` ("vernier.observer/1") called `name` as in the manifest: a pointer to that kind's
  // struct, plugin-owned and valid until the process ends; null when there is none. [main thread & loading]
  const void* (*get_component)(vernier_string kind, vernier_string name);

  // Called once before the process ends in the ordinary way; may be null. [main thread & no other call
  // running]
  void (*shutdown)(void);
} vernier_entry;

VERNIER_FREEZE_SLOT(vernier_entry, initialize, 1);
VERNIER_FREEZE_SLOT(vernier_entry, get_component, 2);
VERNIER_FREEZE_SLOT(vernier_entry, shutdown, 3);

#if defined(__GNUC__)
#define VERNIER_EXPORT __attribute__((visibility("default")))
#else
#define VERNIER_EXPORT
#endif

#endif
