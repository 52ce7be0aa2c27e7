// Turns a captured graph, or several, into the bytes of a file.
#ifndef VERNIER_ABI_BACKEND_H
#define VERNIER_ABI_BACKEND_H

#include <stdint.h>

#include "host.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "value.h"

#define VERNIER_BACKEND "vernier.backend/1"

// The manifest lists the ops and features it understands; the host refuses a graph with others before
// calling `write`.
typedef struct vernier_backend {
  uint64_t size;
  // Reads `graph` (graph.h), appends the file's bytes to `sink` (sink.h). Equal graphs and options produce
  // equal bytes. `options` is a JSON object that already passed the manifest's option schema.
  // The host may call it first on a graph with stand-in scales whose constants read as zeros, to learn before
  // calibration what cannot be written; such a trial ends with the first write to the sink, which fails.
  // VERNIER_UNIMPLEMENTED: names the node that the format cannot express. [main thread & exporting]
  vernier_status (*write)(const vernier_host* host, vernier_string options, vernier_graph graph,
                          vernier_sink sink);
  // The same for `count` graphs in one file, 2 at least: what `write` says holds for each of them. names[i]
  // is what graphs[i] is called in the file, the key of a signature: not empty, unique in the call. A
  // constant whose `constant_id` two graphs share is written once. Null: the backend writes one graph a file;
  // its manifest says so by not having "sets" among its capabilities, and the host refuses more. The arrays
  // are valid until the call returns. Since ABI 1.2 VERNIER_UNIMPLEMENTED: as `write`, with the graph's name.
  // [main thread & exporting]
  vernier_status (*write_set)(const vernier_host* host, vernier_string options, const vernier_string* names,
                              const vernier_graph* graphs, uint64_t count, vernier_sink sink);
} vernier_backend;

VERNIER_FREEZE_SLOT(vernier_backend, write, 1);
VERNIER_FREEZE_SLOT(vernier_backend, write_set, 2);

#endif
