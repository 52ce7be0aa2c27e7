// What the host hands to a plugin. Small and frozen early; everything else is an interface, found by its id.
#ifndef VERNIER_ABI_HOST_H
#define VERNIER_ABI_HOST_H

#include <stdint.h>

#include "size.h"
#include "status.h"
#include "string.h"

#define VERNIER_LOG_DEBUG ((int32_t)10)
#define VERNIER_LOG_INFO ((int32_t)20)
#define VERNIER_LOG_WARNING ((int32_t)30)
#define VERNIER_LOG_ERROR ((int32_t)40)

// One per plugin library; host-owned, valid until the process ends.
typedef struct vernier_host {
  uint64_t size;
  void* context;  // first argument of each function here and in each interface

  // Memory from the host's allocator, aligned to 64 bytes; null when there is none. Free it with
  // `deallocate`. [any thread]
  void* (*allocate)(void* context, uint64_t bytes);
  // Accepts null. [any thread]
  void (*deallocate)(void* context, void* memory);

  // One line for the user, prefixed with the plugin's id. Levels: VERNIER_LOG_*. [any thread]
  void (*log)(void* context, int32_t level, vernier_string text);

  // Records why the plugin is about to return `code`, and returns `code`, or VERNIER_INTERNAL where `code` is
  // VERNIER_OK: `return host->fail(host->context, code, text);`. The text is copied into the error object of
  // the call that this thread runs; the host adds plugin id and module path. An error recorded earlier in the
  // same call becomes its cause. [any thread]
  vernier_status (*fail)(void* context, vernier_status code, vernier_string text);

  // The interface `id` ("vernier.ops/1"; the revision is part of the id), or null when this host has none.
  // Host-owned, valid until the process ends. [any thread]
  const void* (*get_interface)(void* context, vernier_string id);
} vernier_host;

VERNIER_FREEZE_SLOT(vernier_host, context, 1);
VERNIER_FREEZE_SLOT(vernier_host, allocate, 2);
VERNIER_FREEZE_SLOT(vernier_host, deallocate, 3);
VERNIER_FREEZE_SLOT(vernier_host, log, 4);
VERNIER_FREEZE_SLOT(vernier_host, fail, 5);
VERNIER_FREEZE_SLOT(vernier_host, get_interface, 6);

#endif
