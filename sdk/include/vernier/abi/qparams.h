// How a real number becomes an integer code: the spec that is asked for, and the qparams that answer it.
#ifndef VERNIER_ABI_QPARAMS_H
#define VERNIER_ABI_QPARAMS_H

#include <stdint.h>

#include "dtype.h"
#include "size.h"
#include "string.h"

#define VERNIER_SCHEME_UNSET ((int32_t)0)
#define VERNIER_SCHEME_ASYMMETRIC ((int32_t)1)  // zero_point free within the code range
#define VERNIER_SCHEME_SYMMETRIC ((int32_t)2)   // zero_point 0

#define VERNIER_GRANULARITY_UNSET ((int32_t)0)
#define VERNIER_GRANULARITY_TENSOR ((int32_t)1)   // one scale
#define VERNIER_GRANULARITY_CHANNEL ((int32_t)2)  // one scale per index of `axis`
#define VERNIER_GRANULARITY_BLOCK ((int32_t)3)    // one scale per block. Since ABI 1.2

// A block is the shape over which one scale holds, with an extent for each axis of the tensor; 0 is all of
// that axis. {0, 0}: the whole tensor; {1, 0}: one index of axis 0; {1, 32}: 32 neighbours along the last
// axis. Every granularity has one, so who reads blocks needs nothing else. An extent of the tensor is a
// multiple of the block's, and a tensor with blocks has two axes at least. Scales stand in row-major order of
// the blocks.

// Resolved by the host: nothing is unset when an observer sees it.
// Codes are 0 .. 2^bits-1 (unsigned) or -2^(bits-1) .. 2^(bits-1)-1 (signed).
typedef struct vernier_spec {
  uint64_t size;
  vernier_dtype dtype;  // integer, 2 to 16 bits
  int32_t scheme;       // VERNIER_SCHEME_*
  int32_t granularity;  // VERNIER_GRANULARITY_*
  int32_t reserved;     // 0
  // >= 0 with VERNIER_GRANULARITY_CHANNEL; 0 with VERNIER_GRANULARITY_BLOCK, where the observer sees tensors
  // of [`count`, elements of a block]; else -1
  int64_t axis;
  // Always 0, and nobody reads it: 1.0 reserved the place for what `block` says now, and a field is never
  // removed.
  uint64_t group_size;
  uint64_t count;  // how many scales are wanted: 1, the extent of `axis`, or the number of blocks
  // "<module path>/<site>" that the observer serves. Valid until `create` returns; empty where a plugin made
  // the spec. Since ABI 1.2
  vernier_string site;
  // Of the tensors that the observer sees; `block_rank` is their rank. Host-owned, valid until `create`
  // returns; null where a plugin made the spec: the kernels do not read it. Since ABI 1.2
  const int64_t* block;
  uint64_t block_rank;
} vernier_spec;

VERNIER_FREEZE_SLOT(vernier_spec, dtype, 1);
VERNIER_FREEZE_SLOT(vernier_spec, granularity, 2);
VERNIER_FREEZE_SLOT(vernier_spec, axis, 3);
VERNIER_FREEZE_SLOT(vernier_spec, group_size, 4);
VERNIER_FREEZE_SLOT(vernier_spec, count, 5);
VERNIER_FREEZE_SLOT(vernier_spec, site, 6);
VERNIER_FREEZE_SLOT(vernier_spec, block, 8);
VERNIER_FREEZE_SLOT(vernier_spec, block_rank, 9);

// real = scale * (code - zero_point)
#define VERNIER_QPARAMS_AFFINE ((uint32_t)0)
#define VERNIER_QPARAMS_FLOAT ((uint32_t)1)  // the site stays float; scale and zero_point are not read

typedef struct vernier_qparams {
  uint64_t size;
  float* scale;         // room for `count`, host-owned; each must be finite and > 0
  int32_t* zero_point;  // room for `count`, host-owned; each inside the code range
  uint64_t count;       // set by the host: vernier_spec.count
  uint32_t kind;        // set by the observer: VERNIER_QPARAMS_*; the host starts it as AFFINE
  uint32_t reserved;    // 0
} vernier_qparams;

VERNIER_FREEZE_SLOT(vernier_qparams, scale, 1);
VERNIER_FREEZE_SLOT(vernier_qparams, zero_point, 2);
VERNIER_FREEZE_SLOT(vernier_qparams, count, 3);
VERNIER_FREEZE_SLOT(vernier_qparams, kind, 4);

#endif
