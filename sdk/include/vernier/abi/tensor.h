// A borrowed look at dense, row-major (C order) memory.
#ifndef VERNIER_ABI_TENSOR_H
#define VERNIER_ABI_TENSOR_H

#include <stdint.h>

#include "dtype.h"

// Flag: `low` and `high` are the range of `range_of`. Since ABI 1.2
#define VERNIER_TENSOR_RANGE ((uint32_t)1)

typedef struct vernier_tensor {
  uint64_t size;
  const void* data;  // host-owned, read-only, aligned to the element type; valid until the call that received
                     // it returns
  const int64_t* shape;  // `rank` entries, all >= 0; owned like `data`; null when rank is 0
  uint64_t rank;
  vernier_dtype dtype;
  uint32_t flags;  // VERNIER_TENSOR_*; 0: none
  // With VERNIER_TENSOR_RANGE: least and greatest element of the whole tensor, which the host measured
  // before. The host's kernels take them instead of a second pass where `data` is still `range_of`. Who makes
  // a tensor of another shape at the same place clears the flag; who does not gets a wrong range, and nobody
  // else does. Since ABI 1.2
  float low;
  float high;
  const void* range_of;
} vernier_tensor;

VERNIER_FREEZE_SLOT(vernier_tensor, data, 1);
VERNIER_FREEZE_SLOT(vernier_tensor, shape, 2);
VERNIER_FREEZE_SLOT(vernier_tensor, rank, 3);
VERNIER_FREEZE_SLOT(vernier_tensor, dtype, 4);
VERNIER_FREEZE_SLOT(vernier_tensor, low, 5);
VERNIER_FREEZE_SLOT(vernier_tensor, range_of, 6);

#endif
