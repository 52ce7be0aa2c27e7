// A running forward. The host runs it with placeholders that have a shape and a dtype and no data, and writes
// down what it calls: from then on the host has a graph, which it calibrates, evaluates and exports. A
// forward runs again for other input shapes; equal shapes must give equal calls.
#ifndef VERNIER_ABI_CONTEXT_H
#define VERNIER_ABI_CONTEXT_H

#include <stdint.h>

#include "dtype.h"
#include "size.h"
#include "status.h"
#include "string.h"
#include "tensor.h"
#include "value.h"

#define VERNIER_CONTEXT "vernier.context/1"

// `context` is the one the wrapper's forward received. Values are opaque: there is no way to read their data
// while a forward runs, so what is traced cannot depend on it. All: VERNIER_INVALID_HANDLE for any of the
// handles; VERNIER_FAILED_PRECONDITION on another thread than the forward's.
typedef struct vernier_context_interface {
  uint64_t size;
  // The tensor is observed and quantized here. float32 in, float32 out, same shape. What an entry calculates
  // from parameters without sites and from tables alone is a constant: its site sees it once, and a file
  // holds the result, not the ops. VERNIER_INVALID_ARGUMENT: a site of another module, another dtype. [the
  // forward's thread & running]
  vernier_status (*quantize)(void* host, vernier_context context, vernier_site site, vernier_value x,
                             vernier_value* result);
  // The parameter, float32 whatever the checkpoint keeps. [the forward's thread & running]
  vernier_status (*weight)(void* host, vernier_context context, vernier_parameter parameter,
                           vernier_value* result);
  // Runs a child. `inputs` are values of this forward, or VERNIER_NULL_HANDLE where one is absent; `outputs`
  // has room for `capacity` values; `count` gets how many there are. VERNIER_INVALID_ARGUMENT: not a child of
  // the running module, or no such entry; VERNIER_OUT_OF_RANGE: more outputs than `capacity`; else what the
  // child's `forward` returned. A caller may go on after a child that failed. [the forward's thread &
  // running]
  vernier_status (*forward)(void* host, vernier_context context, vernier_module child, vernier_string entry,
                            const vernier_value* inputs, uint64_t input_count, vernier_value* outputs,
                            uint64_t capacity, uint64_t* count);
  // Extents of a value. `dims` has room for `capacity`; VERNIER_OUT_OF_RANGE when that is less than the
  // rank. [the forward's thread & running]
  vernier_status (*shape)(void* host, vernier_context context, vernier_value value, int64_t* dims,
                          uint64_t capacity, uint64_t* rank);
  // float32 for all floats, whatever the checkpoint keeps. [the forward's thread & running]
  vernier_status (*dtype)(void* host, vernier_context context, vernier_value value, vernier_dtype* result);
  // A constant of numbers that the wrapper computed from its config and from shapes (RoPE, a causal mask);
  // `values` are copied. float32, int32, int64 or bool (one byte each, 0 or 1), at most 8 axes and 1 GiB; the
  // flags are not read. The same name again within a module gives the same constant; forwards with other
  // input shapes may give other numbers. VERNIER_INVALID_ARGUMENT: an empty name or one of the module's
  // parameters, the same name with other numbers in this forward, another dtype, a negative extent, no
  // elements, a bool that is neither 0 nor 1, too many axes or bytes. Since ABI 1.2 [the forward's thread &
  // running]
  vernier_status (*table)(void* host, vernier_context context, vernier_string name,
                          const vernier_tensor* values, vernier_value* result);
  // As `quantize`, and while the host calibrates the site's observer sees only the rows of `x` where `where`
  // is true: pad rows, empty slots of a cache, rows that a router sent elsewhere are never observed. `where`
  // is bool; its extents are those of the first axes of `x`, one axis at least. An observer gets a tensor of
  // the rank of `x` with [rows that are true, 1, …] in their place, and none where no row is true. Nothing
  // else depends on `where`: what only it reads gets into no file. VERNIER_INVALID_ARGUMENT: as `quantize`;
  // a `where` of another dtype or with other extents, without axes. Since ABI 1.2 [the forward's thread &
  // running]
  vernier_status (*quantize_where)(void* host, vernier_context context, vernier_site site, vernier_value x,
                                   vernier_value where, vernier_value* result);
} vernier_context_interface;

VERNIER_FREEZE_SLOT(vernier_context_interface, quantize, 1);
VERNIER_FREEZE_SLOT(vernier_context_interface, weight, 2);
VERNIER_FREEZE_SLOT(vernier_context_interface, forward, 3);
VERNIER_FREEZE_SLOT(vernier_context_interface, shape, 4);
VERNIER_FREEZE_SLOT(vernier_context_interface, dtype, 5);
VERNIER_FREEZE_SLOT(vernier_context_interface, table, 6);
VERNIER_FREEZE_SLOT(vernier_context_interface, quantize_where, 7);

#endif
