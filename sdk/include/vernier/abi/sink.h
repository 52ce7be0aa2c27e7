// Where a backend's bytes go. The host owns the file: it appears under its name only after the whole run succeeded.
#ifndef VERNIER_ABI_SINK_H
#define VERNIER_ABI_SINK_H

#include <stdint.h>

#include "size.h"
#include "status.h"
#include "value.h"

#define VERNIER_SINK "vernier.sink/1"

typedef struct vernier_sink_interface {
  uint64_t size;
  // Appends bytes. VERNIER_DATA_LOSS: disk full or the like. [the writing thread & exporting]
  vernier_status (*write)(void* host, vernier_sink sink, const void* data, uint64_t length);
} vernier_sink_interface;

VERNIER_FREEZE_SLOT(vernier_sink_interface, write, 1);

#endif
