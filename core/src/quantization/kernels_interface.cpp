// vernier.kernels/1: what observers measure with.
#include <bit>
#include <cmath>

#include "abi/host_services.h"
#include "abi/sized.h"
#include "kernels/histogram.h"
#include "kernels/min_max.h"
#include "quantization/affine.h"
#include "quantization/range_memo.h"
#include "tensor/tensor.h"

namespace vernier::core {

namespace {

vernier_status range(void* host, const vernier_tensor* tensor, int64_t axis, float* minimum, float* maximum,
                     uint64_t count) {
  return answer([&] {
    const vernier_tensor x = read_sized(tensor);
    const Shape shape(x.shape, x.shape + x.rank);
    const int64_t elements = element_count(shape);
    const bool axis_ok = axis >= -1 && axis < static_cast<int64_t>(shape.size());
    const uint64_t wanted = axis < 0 ? 1 : axis_ok ? static_cast<uint64_t>(shape[axis]) : 0;
    if (DType(x.dtype) != kFloat32 || !axis_ok || wanted != count || elements <= 0) {
      throw plugin_error("range: " + DType(x.dtype).name() + to_string(shape) + " along axis " +
                         std::to_string(axis) + " into " + std::to_string(count) + " results");
    }
    const auto* data = static_cast<const float*>(x.data);
    ThreadPool& pool = services_of(host).pool();
    if (axis < 0) {
      if (!RangeMemo::find(data, static_cast<uint64_t>(elements), *minimum, *maximum))
        min_max(data, elements, *minimum, *maximum, pool);
      return;
    }
    min_max(data, ChannelView::of(shape, axis), minimum, maximum, pool);
  });
}

vernier_status affine(void*, const vernier_spec* wanted, const float* minimum, const float* maximum,
                      float* scale, int32_t* zero_point) {
  return answer([&] {
    const vernier_spec spec = read_sized(wanted);
    const auto count = static_cast<size_t>(spec.count);
    affine_qparams(spec.dtype, static_cast<Scheme>(spec.scheme),
                   spec.granularity != VERNIER_GRANULARITY_CHANNEL, {minimum, count}, {maximum, count},
                   {scale, count}, {zero_point, count});
  });
}

// True for 2^k, also below 1.
bool is_power_of_two(float x) {
  int exponent = 0;
  return std::isfinite(x) && x > 0 && std::frexp(x, &exponent) == 0.5f;
}

vernier_status histogram(void* host, const vernier_tensor* tensor, float limit, uint64_t* counts,
                         uint64_t bins) {
  return answer([&] {
    const vernier_tensor x = read_sized(tensor);
    const Shape shape(x.shape, x.shape + x.rank);
    const int64_t elements = element_count(shape);
    if (DType(x.dtype) != kFloat32 || elements <= 0 || !is_power_of_two(limit) || bins < 2 || bins > 65536 ||
        !std::has_single_bit(bins)) {
      throw plugin_error("histogram: " + DType(x.dtype).name() + to_string(shape) + " up to " +
                         std::to_string(limit) + " in " + std::to_string(bins) + " bins");
    }
    add_to_histogram(static_cast<const float*>(x.data), elements, limit, counts, static_cast<int64_t>(bins),
                     services_of(host).pool());
  });
}

}  // namespace

const vernier_kernels_interface* kernels_interface() {
  static const vernier_kernels_interface table = {VERNIER_SIZE_UP_TO(vernier_kernels_interface, histogram),
                                                  &range, &affine, &histogram};
  return &table;
}

}  // namespace vernier::core
