// Where an executor's tensors go.
#ifndef VERNIER_ABI_RESULTS_H
#define VERNIER_ABI_RESULTS_H

#include <stdint.h>

#include "graph.h"
#include "size.h"
#include "status.h"
#include "value.h"

#define VERNIER_RESULTS "vernier.results/1"

// The place of a tensor that is no output of the file.
#define VERNIER_RESULTS_INTERMEDIATE ((uint64_t)-1)

typedef struct vernier_results_interface {
  uint64_t size;
  // One tensor of a run: output number `output`, or VERNIER_RESULTS_INTERMEDIATE. `description` says name,
  // shape, dtype and qparams (its `kind` and `constant_bytes` are not read); `data` is dense, row-major,
  // packed as vernier_dtype says: codes where there are qparams. Everything is copied.
  // VERNIER_INVALID_HANDLE; VERNIER_INVALID_ARGUMENT: `length` does not fit shape and dtype, an output that
  // was put already, a qparam that is none; VERNIER_OUT_OF_RANGE: the file has no such output. [the running
  // thread & verifying]
  vernier_status (*put)(void* host, vernier_results results, uint64_t output,
                        const vernier_graph_value* description, const void* data, uint64_t length);
} vernier_results_interface;

VERNIER_FREEZE_SLOT(vernier_results_interface, put, 1);

#endif
