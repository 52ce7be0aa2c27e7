// Where a backend's bytes go. The host owns the file: it appears under its name only after the whole run
// succeeded.
#ifndef VERNIER_ABI_SINK_H
#define VERNIER_ABI_SINK_H

#include <stdint.h>

#include "size.h"
#include "status.h"
#include "string.h"
#include "value.h"

#define VERNIER_SINK "vernier.sink/1"

typedef struct vernier_sink_interface {
  uint64_t size;
  // Appends bytes. VERNIER_INVALID_HANDLE; VERNIER_DATA_LOSS: disk full or the like. [the writing thread &
  // exporting]
  vernier_status (*write)(void* host, vernier_sink sink, const void* data, uint64_t length);
  // A second file beside the first, for formats that need one: it is called "<file><suffix>" and appears
  // together with the file. `suffix` is like ".data": letters, digits, "_", "-" and "." only. `*name` gets
  // its name without a folder; host-owned, valid until the backend's write returns. `sink` is the one that
  // `write` of the backend received. Since ABI 1.1. VERNIER_INVALID_HANDLE; VERNIER_INVALID_ARGUMENT: a
  // suffix that was taken or has other characters, a companion's own sink; VERNIER_DATA_LOSS: the file cannot
  // be made. [the writing thread & exporting]
  vernier_status (*companion)(void* host, vernier_sink sink, vernier_string suffix, vernier_sink* result,
                              vernier_string* name);
} vernier_sink_interface;

VERNIER_FREEZE_SLOT(vernier_sink_interface, write, 1);
VERNIER_FREEZE_SLOT(vernier_sink_interface, companion, 2);

#endif
