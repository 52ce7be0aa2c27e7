// vernier.kernels/1.
#include <math.h>
#include <string.h>

#include "statuses.h"

static const vernier_kernels_interface* k;

static void tensor_rows(void) {
  static const float data[6] = {1, 2, 3, 4, 5, 6};
  static const int64_t shape[] = {2, 3}, empty[] = {0, 3}, negative[] = {-1, 3};
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  const vernier_dtype float32 = {VERNIER_DTYPE_FLOAT, 32, 1}, int32 = {VERNIER_DTYPE_INT, 32, 1};
  vernier_tensor good, bad;
  float low[3], high[3];
  const float limits[2] = {8, 4}, uneven[2] = {8, 3};
  uint64_t counts[8];
  void* h = host->context;
  memset(counts, 0, sizeof counts);
  memset(&good, 0, sizeof good);
  good.size = VERNIER_SIZE_UP_TO(vernier_tensor, flags);
  good.data = data;
  good.shape = shape;
  good.rank = 2;
  good.dtype = float32;
  row("kernels.range", "a good one", VERNIER_OK, k->range(h, &good, 1, low, high, 3));
  row("kernels.range", "another count", wrong, k->range(h, &good, 1, low, high, 2));
  row("kernels.range", "an axis past the end", wrong, k->range(h, &good, 2, low, high, 3));
  row("kernels.range", "null tensor", wrong, k->range(h, NULL, -1, low, high, 1));
  row("kernels.range", "null minimum", wrong, k->range(h, &good, -1, NULL, high, 1));
  row("kernels.range", "null maximum", wrong, k->range(h, &good, -1, low, NULL, 1));
  row("kernels.histogram", "a good one", VERNIER_OK, k->histogram(h, &good, 8, counts, 8));
  row("kernels.histogram", "a limit that is no power of two", wrong, k->histogram(h, &good, 3, counts, 8));
  row("kernels.histogram", "six bins", wrong, k->histogram(h, &good, 8, counts, 6));
  row("kernels.histogram", "null tensor", wrong, k->histogram(h, NULL, 8, counts, 8));
  row("kernels.histogram", "null counts", wrong, k->histogram(h, &good, 8, NULL, 8));
  row("kernels.channel_histograms", "a good one", VERNIER_OK,
      k->channel_histograms(h, &good, 0, limits, 2, counts, 4));
  row("kernels.channel_histograms", "an axis past the end", wrong,
      k->channel_histograms(h, &good, 2, limits, 2, counts, 4));
  row("kernels.channel_histograms", "no axis", wrong,
      k->channel_histograms(h, &good, -1, limits, 1, counts, 4));
  row("kernels.channel_histograms", "another count", wrong,
      k->channel_histograms(h, &good, 1, limits, 2, counts, 4));
  row("kernels.channel_histograms", "a limit that is no power of two", wrong,
      k->channel_histograms(h, &good, 0, uneven, 2, counts, 4));
  row("kernels.channel_histograms", "three bins", wrong,
      k->channel_histograms(h, &good, 0, limits, 2, counts, 3));
  row("kernels.channel_histograms", "absurdly many bins", wrong,
      k->channel_histograms(h, &good, 0, limits, 2, counts, UINT64_MAX));
  row("kernels.channel_histograms", "null tensor", wrong,
      k->channel_histograms(h, NULL, 0, limits, 2, counts, 4));
  row("kernels.channel_histograms", "null limits", wrong,
      k->channel_histograms(h, &good, 0, NULL, 2, counts, 4));
  row("kernels.channel_histograms", "null counts", wrong,
      k->channel_histograms(h, &good, 0, limits, 2, NULL, 4));

#define BAD_TENSOR(what, change)                                              \
  bad = good;                                                                 \
  change;                                                                     \
  row("kernels.range", what, wrong, k->range(h, &bad, -1, low, high, 1));     \
  row("kernels.histogram", what, wrong, k->histogram(h, &bad, 8, counts, 8)); \
  row("kernels.channel_histograms", what, wrong, k->channel_histograms(h, &bad, 0, limits, 2, counts, 4));

  BAD_TENSOR("integers", bad.dtype = int32)
  BAD_TENSOR("no elements", bad.shape = empty)
  BAD_TENSOR("a negative extent", bad.shape = negative)
  BAD_TENSOR("null shape", bad.shape = NULL)
  BAD_TENSOR("null data", bad.data = NULL)
  BAD_TENSOR("an absurd rank", bad.rank = UINT64_MAX)
}

void kernel_rows(void) {
  const vernier_status wrong = VERNIER_INVALID_ARGUMENT;
  const vernier_dtype uint8 = {VERNIER_DTYPE_UINT, 8, 1}, float32 = {VERNIER_DTYPE_FLOAT, 32, 1};
  const float low[2] = {-1, -1}, high[2] = {1, 1}, above[1] = {2}, nan_bound[1] = {NAN},
              infinite[1] = {INFINITY};
  vernier_spec good, bad;
  float scale[2];
  int32_t zero_point[2];
  void* h = host->context;
  k = interface(VERNIER_KERNELS);
  tensor_rows();
  memset(&good, 0, sizeof good);
  good.size = VERNIER_SIZE_UP_TO(vernier_spec, count);
  good.dtype = uint8;
  good.scheme = VERNIER_SCHEME_ASYMMETRIC;
  good.granularity = VERNIER_GRANULARITY_TENSOR;
  good.axis = -1;
  good.count = 1;
  row("kernels.affine", "a good one", VERNIER_OK, k->affine(h, &good, low, high, scale, zero_point));
  row("kernels.affine", "nothing was collected", VERNIER_FAILED_PRECONDITION,
      k->affine(h, &good, above, high, scale, zero_point));
  row("kernels.affine", "NaN", wrong, k->affine(h, &good, nan_bound, high, scale, zero_point));
  row("kernels.affine", "infinity", wrong, k->affine(h, &good, low, infinite, scale, zero_point));
  row("kernels.affine", "null spec", wrong, k->affine(h, NULL, low, high, scale, zero_point));
  row("kernels.affine", "null minima", wrong, k->affine(h, &good, NULL, high, scale, zero_point));
  row("kernels.affine", "null maxima", wrong, k->affine(h, &good, low, NULL, scale, zero_point));
  row("kernels.affine", "null scales", wrong, k->affine(h, &good, low, high, NULL, zero_point));
  row("kernels.affine", "null zero points", wrong, k->affine(h, &good, low, high, scale, NULL));
  bad = good;
  bad.dtype = float32;
  row("kernels.affine", "floats", wrong, k->affine(h, &bad, low, high, scale, zero_point));
  bad = good;
  bad.scheme = VERNIER_SCHEME_SYMMETRIC;
  row("kernels.affine", "symmetric and unsigned", wrong, k->affine(h, &bad, low, high, scale, zero_point));
  bad = good;
  bad.count = 2;
  row("kernels.affine", "two scales for a whole tensor", wrong,
      k->affine(h, &bad, low, high, scale, zero_point));
  bad.granularity = VERNIER_GRANULARITY_CHANNEL;
  bad.axis = 0;
  row("kernels.affine", "two channels", VERNIER_OK, k->affine(h, &bad, low, high, scale, zero_point));
}
