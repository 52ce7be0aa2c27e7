// Statistics kernels of the host, for observers: vectorised, and the same bits for any number of threads.
#ifndef VERNIER_ABI_KERNELS_H
#define VERNIER_ABI_KERNELS_H

#include <stdint.h>

#include "qparams.h"
#include "size.h"
#include "status.h"
#include "tensor.h"

#define VERNIER_KERNELS "vernier.kernels/1"

typedef struct vernier_kernels_interface {
  uint64_t size;
  // Least and greatest element of a float32 tensor: `axis` -1 over everything (count 1), else per index of that axis
  // (count = extent). VERNIER_INVALID_ARGUMENT: other dtype, axis or count, or no elements. [any thread]
  vernier_status (*range)(void* host, const vernier_tensor* x, int64_t axis, float* minimum, float* maximum, uint64_t count);
  // Affine qparams for observed ranges, `spec->count` of each:
  //   symmetric:  scale = max(|min|, |max|) / qmax, zero_point = 0
  //   asymmetric: the range is widened to contain 0, scale = range / (qmax - qmin), zero_point = clamp(round(qmin - min/scale))
  //   one scale and a constant tensor (max - min < 1e-8): C~0 -> scale 1, zero_point 0; C>0 -> scale C, zero_point 0;
  //   C<0 -> scale |C|, zero_point qmax. No scale is below 1e-8. float32, half to even.
  // VERNIER_FAILED_PRECONDITION: minimum > maximum (nothing was collected); VERNIER_INVALID_ARGUMENT: not finite.
  // [any thread]
  vernier_status (*affine)(void* host, const vernier_spec* spec, const float* minimum, const float* maximum, float* scale,
                           int32_t* zero_point);
} vernier_kernels_interface;

VERNIER_FREEZE_SLOT(vernier_kernels_interface, range, 1);
VERNIER_FREEZE_SLOT(vernier_kernels_interface, affine, 2);

#endif
