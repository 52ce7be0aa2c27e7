// vernier.kernels/1: what observers measure with.
#include "abi/arguments.h"
#include "abi/call_scope.h"
#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "abi/sized.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "quantization/affine.h"
#include "tensor/tensor.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {

namespace {

// The device of the session whose plugin runs on this thread; outside a call, and before the session has one,
// plain loops with the same bits.
template <typename Body>
void with_device(Body&& body) {
  const CallScope* scope = CallScope::current();
  Device* device =
      scope == nullptr || scope->services() == nullptr ? nullptr : scope->services()->find_device();
  if (device != nullptr) return body(*device);
  ThreadPool alone(1);
  const std::unique_ptr<Device> plain = make_reference_device(alone);
  body(*plain);
}

// Memory of a plugin, valid during its call.
Tensor borrow(const vernier_tensor& x, const Shape& shape) {
  Tensor tensor;
  tensor.dtype = x.dtype;
  tensor.shape = shape;
  tensor.data = static_cast<const std::byte*>(x.data);
  return tensor;
}

struct Checked {
  vernier_tensor tensor;
  Shape shape;
  int64_t elements;
};

// Throws Error for a struct or a shape that cannot be read.
Checked checked(const vernier_tensor* tensor) {
  Checked result{read_sized(&given(tensor, "a tensor")), {}, 1};
  if (result.tensor.rank > kMaxRank)
    throw plugin_error("a tensor of rank " + std::to_string(result.tensor.rank));
  const auto extents = given(result.tensor.shape, result.tensor.rank, "a tensor's shape");
  for (int64_t extent : extents) {
    if (extent < 0) throw plugin_error("a tensor with a negative extent");
    if (__builtin_mul_overflow(result.elements, extent, &result.elements))
      throw plugin_error("a tensor with more elements than there can be");
  }
  result.shape.assign(extents.begin(), extents.end());
  given(static_cast<const std::byte*>(result.tensor.data), static_cast<uint64_t>(result.elements),
        "a tensor's elements");
  return result;
}

// Whether the host measured the range before it handed the tensor out.
bool has_range(const vernier_tensor& x) {
  return (x.flags & VERNIER_TENSOR_RANGE) != 0 && x.range_of != nullptr && x.range_of == x.data;
}

vernier_status range(void*, const vernier_tensor* tensor, int64_t axis, float* minimum, float* maximum,
                     uint64_t count) {
  return answer([&] {
    const Checked seen = checked(tensor);
    const vernier_tensor& x = seen.tensor;
    const Shape& shape = seen.shape;
    const bool axis_ok = axis >= -1 && axis < static_cast<int64_t>(shape.size());
    const uint64_t wanted = axis < 0 ? 1 : axis_ok ? static_cast<uint64_t>(shape[axis]) : 0;
    if (DType(x.dtype) != kFloat32 || !axis_ok || wanted != count || seen.elements <= 0) {
      throw plugin_error("range: " + DType(x.dtype).name() + to_string(shape) + " along axis " +
                         std::to_string(axis) + " into " + std::to_string(count) + " results");
    }
    given(minimum, "the minimum");
    given(maximum, "the maximum");
    if (axis < 0 && has_range(x)) {
      *minimum = x.low;
      *maximum = x.high;
      return;
    }
    with_device([&](Device& device) {
      const auto results = static_cast<size_t>(count);
      (void)device.range(borrow(x, shape), axis, {minimum, results}, {maximum, results});
    });
  });
}

vernier_status affine(void*, const vernier_spec* wanted, const float* minimum, const float* maximum,
                      float* scale, int32_t* zero_point) {
  return answer([&] {
    const vernier_spec spec = read_sized(&given(wanted, "a spec"));
    const bool per_tensor =
        spec.granularity != VERNIER_GRANULARITY_CHANNEL && spec.granularity != VERNIER_GRANULARITY_BLOCK;
    if (per_tensor && spec.count != 1) {
      throw plugin_error("affine: " + std::to_string(spec.count) + " scales for a whole tensor", {},
                         "one scale is for a whole tensor, several are for a channel axis or for blocks");
    }
    affine_qparams(spec.dtype, static_cast<Scheme>(spec.scheme), per_tensor,
                   given(minimum, spec.count, "the minima"), given(maximum, spec.count, "the maxima"),
                   given(scale, spec.count, "the scales"), given(zero_point, spec.count, "the zero points"));
  });
}

vernier_status histogram(void*, const vernier_tensor* tensor, float limit, uint64_t* counts, uint64_t bins) {
  return answer([&] {
    const Checked seen = checked(tensor);
    const vernier_tensor& x = seen.tensor;
    const Shape& shape = seen.shape;
    if (seen.elements <= 0) throw plugin_error("histogram: " + to_string(shape) + " has no elements");
    given(counts, "the counts");
    with_device([&](Device& device) {
      device.histogram(borrow(x, shape), limit, {counts, static_cast<size_t>(bins)});
    });
  });
}

vernier_status channel_histograms(void*, const vernier_tensor* tensor, int64_t axis, const float* limits,
                                  uint64_t count, uint64_t* counts, uint64_t bins) {
  return answer([&] {
    const Checked seen = checked(tensor);
    const Shape& shape = seen.shape;
    if (seen.elements <= 0) throw plugin_error("histogram: " + to_string(shape) + " has no elements");
    const auto each = given(limits, count, "the limits");
    given(counts, "the counts");
    if (bins > 65536) throw plugin_error("histogram: " + std::to_string(bins) + " bins");
    with_device([&](Device& device) {
      device.channel_histograms(borrow(seen.tensor, shape), axis, each,
                                {counts, static_cast<size_t>(count * bins)});
    });
  });
}

}  // namespace

const vernier_kernels_interface* kernels_interface() {
  static const vernier_kernels_interface table = {
      VERNIER_SIZE_UP_TO(vernier_kernels_interface, channel_histograms), &range, &affine, &histogram,
      &channel_histograms};
  return &table;
}

}  // namespace vernier::core
