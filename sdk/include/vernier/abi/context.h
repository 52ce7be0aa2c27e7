// A running forward. The host decides what each call means: in float mode `quantize` returns its input, while
// calibrating the site's observer also sees it, in quantize mode it is fake-quantized, and while capturing it
// is recorded too.
#ifndef VERNIER_ABI_CONTEXT_H
#define VERNIER_ABI_CONTEXT_H

#include <stdint.h>

#include "dtype.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "value.h"

#define VERNIER_CONTEXT "vernier.context/1"

// `context` is the one the wrapper's forward received. Values are opaque: there is no way to read their data
// while a forward runs, so what is captured cannot depend on it. All: VERNIER_INVALID_HANDLE. [the forward's
// thread & running]
typedef struct vernier_context_interface {
  uint64_t size;
  // `site` is the calling module's own. float32 in, float32 out, same shape.
  vernier_status (*quantize)(void* host, vernier_context context, vernier_site site, vernier_value x,
                             vernier_value* result);
  // The parameter's values as float32 (quantize mode: expanded from its codes).
  vernier_status (*weight)(void* host, vernier_context context, vernier_parameter parameter,
                           vernier_value* result);
  // Runs a child. VERNIER_INVALID_ARGUMENT: not a child of the running module, or no such entry.
  // `outputs` has room for `capacity` values; `count` gets how many there are.
  vernier_status (*forward)(void* host, vernier_context context, vernier_module child, vernier_string entry,
                            const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                            uint64_t capacity, uint64_t* count);
  // Extents of a value. `dims` has room for `capacity`; VERNIER_OUT_OF_RANGE when that is less than the rank.
  vernier_status (*shape)(void* host, vernier_context context, vernier_value value, int64_t* dims,
                          uint64_t capacity, uint64_t* rank);
  vernier_status (*dtype)(void* host, vernier_context context, vernier_value value, vernier_dtype* result);
} vernier_context_interface;

VERNIER_FREEZE_SLOT(vernier_context_interface, quantize, 1);
VERNIER_FREEZE_SLOT(vernier_context_interface, weight, 2);
VERNIER_FREEZE_SLOT(vernier_context_interface, forward, 3);
VERNIER_FREEZE_SLOT(vernier_context_interface, shape, 4);
VERNIER_FREEZE_SLOT(vernier_context_interface, dtype, 5);

#endif
