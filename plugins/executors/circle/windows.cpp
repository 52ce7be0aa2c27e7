#include "windows.h"

#include <algorithm>
#include <string>

namespace circle_executor {

namespace {

bool has_codes(const Tensor& tensor) { return tensor.is_quantized() && tensor.file.dtype.bits <= 16; }

}  // namespace

WindowAxis window_axis(const Call& call, int64_t extent, int64_t kernel, int64_t stride, int64_t dilation,
                       circle::Padding padding) {
  constexpr int64_t kMost = int64_t{1} << 30;
  if (kernel < 1 || stride < 1 || dilation < 1 || kernel > kMost || dilation > kMost / kernel ||
      extent > kMost)
    call.fail("has a window of " + std::to_string(kernel) + " in steps of " + std::to_string(stride));
  const int64_t covered = (kernel - 1) * dilation + 1;
  WindowAxis axis = {extent, kernel, stride, dilation};
  if (padding == circle::Padding::SAME) {
    axis.count = (extent + stride - 1) / stride;
    axis.before = std::max<int64_t>((axis.count - 1) * stride + covered - extent, 0) / 2;
  } else {
    axis.count = extent < covered ? 0 : (extent - covered) / stride + 1;
  }
  return axis;
}

const Shape& image_shape(const Call& call, const Value& x, size_t rank) {
  const Tensor& tensor = *x.tensor;
  if (tensor.rank() != rank)
    call.fail("wants an image " + std::string(rank == 4 ? "[N, H, W, C]" : "[N, D, H, W, C]") + ", not " +
              tensor.described());
  if (!tensor.is_float() && !tensor.is_per_tensor())
    call.fail("has operand " + tensor.described() + " without one scale");
  return tensor.shape();
}

const Shape& kernel_shape(const Call& call, const Value& kernel, size_t rank) {
  if (kernel.tensor->rank() != rank || kernel.tensor->is_plain())
    call.fail("wants a kernel of " + std::string(rank == 4 ? "four" : "five") + " axes, not " +
              kernel.tensor->described());
  return kernel.tensor->shape();
}

WindowSums::WindowSums(const Call& call, const Value& x, const Value& kernel, const Value* bias,
                       int64_t outputs, Clamp clamp)
    : x_(x),
      kernel_(kernel),
      bias_(bias),
      is_exact_(has_codes(*x.tensor) && has_codes(*kernel.tensor)),
      is_coded_bias_(is_exact_ && bias != nullptr && !bias->tensor->is_float()),
      x_reals_(x),
      kernel_reals_(kernel),
      writer_(*call.result().tensor, call.result().data, clamp) {
  if (bias == nullptr) return;
  if (bias->tensor->shape() != Shape{outputs})
    call.fail("wants one bias for each of " + std::to_string(outputs) + " channels, not " +
              bias->tensor->described());
  if (is_coded_bias_) check_bias_scale(call, *x.tensor, *kernel.tensor, *bias->tensor, outputs);
  if (!is_coded_bias_ && bias->tensor->is_plain()) call.fail("has a bias without qparams");
}

}  // namespace circle_executor
