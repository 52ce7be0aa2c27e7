// Runs an exported file on given inputs, so that the file itself is checked and not what the host believes of
// it.
#ifndef VERNIER_ABI_EXECUTOR_H
#define VERNIER_ABI_EXECUTOR_H

#include <stdint.h>

#include "graph.h"
#include "host.h"
#include "results.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "tensor.h"

#define VERNIER_EXECUTOR "vernier.executor/1"

#define VERNIER_EXECUTOR_INPUTS ((uint32_t)0)
#define VERNIER_EXECUTOR_OUTPUTS ((uint32_t)1)

// Flag of `run`: also put each tensor that the file computes on the way, as far as the executor can tell.
#define VERNIER_EXECUTOR_INTERMEDIATES ((uint32_t)1)

// The manifest says which files it runs: capabilities.files lists the ends of their names, such as
// ".circle".
typedef struct vernier_executor {
  uint64_t size;
  // Reads the file at `path` (absolute). `options` is a JSON object that already passed the manifest's option
  // schema. `*instance` is plugin-owned until `close`. VERNIER_DATA_LOSS: damaged, not such a file;
  // VERNIER_UNIMPLEMENTED: names the operator that it cannot run; VERNIER_NOT_FOUND: the runtime that it
  // needs is not installed, and how to get it. [main thread & verifying]
  vernier_status (*open)(const vernier_host* host, vernier_string options, vernier_string path,
                         void** instance);
  // Accepts null. [main thread]
  void (*close)(void* instance);
  // How many inputs and outputs the file has. [main thread & verifying]
  vernier_status (*counts)(void* instance, uint64_t* inputs, uint64_t* outputs);
  // Input or output `index` in the file's own order: name, shape, dtype and qparams; `kind` and
  // `constant_bytes` are not read. The caller sets `size`. Pointers are plugin-owned, valid until `close`.
  // VERNIER_OUT_OF_RANGE. [main thread & verifying]
  vernier_status (*describe)(void* instance, uint32_t direction, uint64_t index, vernier_graph_value* result);
  // Runs the file once. `inputs` is an array with the stride of vernier_tensor as it is in the headers that
  // the executor was built with. They are in the file's order, dense, with the dtype and shape that
  // `describe` told: codes where the input is quantized. An executor whose manifest has "open_extents" also
  // gets, of a file that leaves an extent open, inputs that have another one there. Each output, and with
  // VERNIER_EXECUTOR_INTERMEDIATES what else there is, goes to `results` (results.h). Equal inputs must
  // produce equal results. VERNIER_INVALID_ARGUMENT: number, dtype or shape. [main thread & verifying]
  vernier_status (*run)(void* instance, const vernier_tensor* inputs, uint64_t input_count, uint32_t flags,
                        vernier_results results);
} vernier_executor;

VERNIER_FREEZE_SLOT(vernier_executor, open, 1);
VERNIER_FREEZE_SLOT(vernier_executor, close, 2);
VERNIER_FREEZE_SLOT(vernier_executor, counts, 3);
VERNIER_FREEZE_SLOT(vernier_executor, describe, 4);
VERNIER_FREEZE_SLOT(vernier_executor, run, 5);

#endif
