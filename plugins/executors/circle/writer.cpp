#include "writer.h"

namespace circle_executor {

Writer::Writer(const Tensor& tensor, std::byte* data, Clamp clamp)
    : tensor_(tensor),
      data_(data),
      clamp_(clamp),
      low_(tensor.file.dtype.qmin()),
      high_(tensor.file.dtype.qmax()) {
  if (tensor.is_float() || (tensor.is_quantized() && tensor.file.dtype.bits <= 32)) return;
  throw vernier::unimplemented("the result " + tensor.described() +
                               " has no scale that a real could be written with");
}

double Writer::decided(double below, double scale, const Ratio& ratio) {
  const Quad middle = (Quad{below} + Quad{0.5}) * Quad{scale} * ratio.denominator;
  if (ratio.numerator != middle) return ratio.numerator < middle ? below : below + 1;
  return std::fmod(below, 2) == 0 ? below : below + 1;
}

}  // namespace circle_executor
