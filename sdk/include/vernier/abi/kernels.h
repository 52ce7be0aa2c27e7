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
  // Least and greatest element of a float32 tensor: `axis` -1 over everything (count 1), else per index of
  // that axis (count = extent). VERNIER_INVALID_ARGUMENT: other dtype, axis or count, or no elements. [any
  // thread]
  vernier_status (*range)(void* host, const vernier_tensor* x, int64_t axis, float* minimum, float* maximum,
                          uint64_t count);
  // Affine qparams for observed ranges, `spec->count` of each:
  //   symmetric:  scale = max(|min|, |max|) / qmax, zero_point = 0
  //   asymmetric: the range is widened to contain 0, scale = range / (qmax - qmin), zero_point =
  //   clamp(round(qmin - min/scale)) one scale and a constant tensor (max - min < 1e-8): C~0 -> scale 1,
  //   zero_point 0; C>0 -> scale C, zero_point 0; C<0 -> scale |C|, zero_point qmax. No scale is below 1e-8.
  //   float32, half to even.
  // VERNIER_FAILED_PRECONDITION: minimum > maximum (nothing was collected); VERNIER_INVALID_ARGUMENT: a bound
  // that is not finite, a dtype that is not an integer of 2 to 16 bits, symmetric and unsigned, several
  // scales with VERNIER_GRANULARITY_TENSOR or none. [any thread]
  vernier_status (*affine)(void* host, const vernier_spec* spec, const float* minimum, const float* maximum,
                           float* scale, int32_t* zero_point);
  // Adds to counts[b] the number of elements of a float32 tensor in bin b. Bin b begins at (b - bins / 2) *
  // width, width being 2 * limit / bins; the first and the last bin take what lies outside too. An element is
  // counted at float32(x / width + bins / 2), so one that is less than a rounding below an edge counts above
  // it. VERNIER_INVALID_ARGUMENT: another dtype, no elements, a limit that is not a finite power of two, bins
  // that are not a power of two from 2 to 65536. Since ABI 1.1. [any thread]
  vernier_status (*histogram)(void* host, const vernier_tensor* x, float limit, uint64_t* counts,
                              uint64_t bins);
  // The same for each index of `axis`: counts[c * bins + b] for element x[…, c, …] with limits[c]; `count` is
  // the extent of the axis. VERNIER_INVALID_ARGUMENT: as `histogram`, an axis that the tensor does not have,
  // another count. Since ABI 1.2 [any thread]
  vernier_status (*channel_histograms)(void* host, const vernier_tensor* x, int64_t axis, const float* limits,
                                       uint64_t count, uint64_t* counts, uint64_t bins);
} vernier_kernels_interface;

VERNIER_FREEZE_SLOT(vernier_kernels_interface, range, 1);
VERNIER_FREEZE_SLOT(vernier_kernels_interface, affine, 2);
VERNIER_FREEZE_SLOT(vernier_kernels_interface, histogram, 3);
VERNIER_FREEZE_SLOT(vernier_kernels_interface, channel_histograms, 4);

#endif
