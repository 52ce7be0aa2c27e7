// A borrowed look at dense, row-major (C order) memory.
#ifndef VERNIER_ABI_TENSOR_H
#define VERNIER_ABI_TENSOR_H

#include <stdint.h>

#include "dtype.h"

typedef struct vernier_tensor {
  uint64_t size;
  const void* data;  // host-owned, read-only, aligned to the element type; valid until the call that received
                     // it returns
  const int64_t* shape;  // `rank` entries, all >= 0; owned like `data`; null when rank is 0
  uint64_t rank;
  vernier_dtype dtype;
  uint32_t flags;  // none defined: 0
} vernier_tensor;

VERNIER_FREEZE_SLOT(vernier_tensor, data, 1);
VERNIER_FREEZE_SLOT(vernier_tensor, shape, 2);
VERNIER_FREEZE_SLOT(vernier_tensor, rank, 3);
VERNIER_FREEZE_SLOT(vernier_tensor, dtype, 4);

#endif
