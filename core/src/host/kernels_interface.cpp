// vernier.kernels/1: what observers measure with.
#include "host/host_services.h"
#include "host/range_memo.h"
#include "kernels/min_max.h"
#include "plugin/sized.h"
#include "quantization/affine.h"
#include "tensor/tensor.h"

namespace vernier::core {

namespace {

vernier_status range(void* host, const vernier_tensor* tensor, int64_t axis, float* minimum, float* maximum, uint64_t count) {
  return answer([&] {
    const vernier_tensor x = read_sized(tensor);
    const Shape shape(x.shape, x.shape + x.rank);
    const int64_t elements = element_count(shape);
    const bool axis_ok = axis >= -1 && axis < static_cast<int64_t>(shape.size());
    const uint64_t wanted = axis < 0 ? 1 : axis_ok ? static_cast<uint64_t>(shape[axis]) : 0;
    if (DType(x.dtype) != kFloat32 || !axis_ok || wanted != count || elements <= 0) {
      throw plugin_error("range: " + DType(x.dtype).name() + to_string(shape) + " along axis " + std::to_string(axis) + " into " + std::to_string(count) + " results");
    }
    const auto* data = static_cast<const float*>(x.data);
    ThreadPool& pool = services_of(host).pool();
    if (axis < 0) {
      if (!RangeMemo::find(data, static_cast<uint64_t>(elements), *minimum, *maximum)) min_max(data, elements, *minimum, *maximum, pool);
      return;
    }
    min_max(data, ChannelView::of(shape, axis), minimum, maximum, pool);
  });
}

vernier_status affine(void*, const vernier_spec* wanted, const float* minimum, const float* maximum, float* scale, int32_t* zero_point) {
  return answer([&] {
    const vernier_spec spec = read_sized(wanted);
    const auto count = static_cast<size_t>(spec.count);
    affine_qparams(spec.dtype, static_cast<Scheme>(spec.scheme), spec.granularity != VERNIER_GRANULARITY_CHANNEL, {minimum, count}, {maximum, count},
                   {scale, count}, {zero_point, count});
  });
}

}  // namespace

const vernier_kernels_interface* kernels_interface() {
  static const vernier_kernels_interface table = {VERNIER_SIZE_UP_TO(vernier_kernels_interface, affine), &range, &affine};
  return &table;
}

}  // namespace vernier::core
