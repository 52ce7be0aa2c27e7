// Along an axis: each element by what all of its row is, or what stands before it.
#include <algorithm>
#include <cmath>

#include "kernels.h"
#include "reduction.h"

namespace circle_executor {

namespace {

// The last axis; throws Error for a scalar.
int64_t row_length(const Call& call, const Tensor& tensor) {
  if (tensor.rank() == 0) call.fail("wants at least one axis");
  return tensor.shape().back();
}

// One axis as a loop: element (outer, k, inner) stands at (outer * extent + k) * inner's count + inner.
struct Along {
  int64_t outer = 1;
  int64_t extent = 1;
  int64_t inner = 1;
};

Along along_axis(const Call& call, const Tensor& tensor) {
  const std::vector<int64_t> named = call.integers(1);
  if (named.size() != 1) call.fail("wants one axis, not " + std::to_string(named.size()));
  const size_t axis = call.axis(named[0], tensor.rank());
  Along along;
  along.extent = tensor.shape()[axis];
  for (size_t i = 0; i < axis; ++i) along.outer *= tensor.shape()[i];
  for (size_t i = axis + 1; i < tensor.rank(); ++i) along.inner *= tensor.shape()[i];
  return along;
}

}  // namespace

// Codes of up to 16 bits are summed exactly.
void cumsum(const Call& call) {
  const Value& x = call.input(0);
  call.check_shape(x.tensor->shape());
  if (x.tensor->is_plain()) call.cannot("has integers without qparams as operand");
  const auto& options = call.options<circle::CumsumOptions>();
  const Along along = along_axis(call, *x.tensor);
  const bool small = has_small_codes(*x.tensor);
  const Reals reals(x);
  const Writer writer(*call.result().tensor, call.result().data);
  for (int64_t line = 0; line < along.outer * along.inner; ++line) {
    const int64_t first = line / along.inner * along.extent * along.inner + line % along.inner;
    double sum = 0;
    int64_t codes = 0;
    const auto write = [&](int64_t at) {
      if (!small) return writer.put(at, sum);
      const double scale = x.tensor->file.scale[0];
      writer.put(at, static_cast<double>(codes) * scale,
                 [&] { return Ratio{static_cast<Quad>(codes) * Quad{scale}}; });
    };
    for (int64_t step = 0; step < along.extent; ++step) {
      const int64_t k = options.reverse() ? along.extent - 1 - step : step;
      const int64_t at = first + k * along.inner;
      if (options.exclusive()) write(at);
      if (small)
        codes += code_at(x, at) - x.tensor->file.zero_point[0];
      else
        sum += reals[at];
      if (!options.exclusive()) write(at);
    }
  }
}

void softmax(const Call& call) {
  const Value& x = call.input(0);
  call.check_shape(x.tensor->shape());
  const double beta = call.options<circle::SoftmaxOptions>().beta();
  if (!(std::isfinite(beta) && beta > 0))
    call.fail("has the beta " + std::to_string(beta) + "; it is above 0");
  if (!x.tensor->is_float() && !x.tensor->is_quantized())
    call.cannot("has integers without qparams as operand");
  const int64_t length = row_length(call, *x.tensor);
  if (x.tensor->elements == 0) return;
  const Reals reals(x);
  const Writer writer(*call.result().tensor, call.result().data);
  std::vector<double> powers(static_cast<size_t>(length));
  for (int64_t first = 0; first < x.tensor->elements; first += length) {
    for (int64_t i = 0; i < length; ++i) powers[static_cast<size_t>(i)] = reals[first + i];
    const double most = *std::max_element(powers.begin(), powers.end());
    double sum = 0;
    for (double& power : powers) sum += power = std::exp(beta * (power - most));
    for (int64_t i = 0; i < length; ++i) writer.put(first + i, powers[static_cast<size_t>(i)] / sum);
  }
}

// x / sqrt(mean(x^2) + epsilon) * gamma, over the last axis.
void rms_norm(const Call& call) {
  const Value &x = call.input(0), &gamma = call.input(1);
  call.check_shape(x.tensor->shape());
  const int64_t length = row_length(call, *x.tensor);
  if (gamma.tensor->shape() != Shape{length})
    call.fail("wants one gamma for each of " + std::to_string(length) + " channels, not " +
              gamma.tensor->described());
  const double epsilon = call.options<circle::RmsNormOptions>().epsilon();
  if (!(std::isfinite(epsilon) && epsilon > 0))
    call.fail("has the epsilon " + std::to_string(epsilon) + "; it is above 0");
  for (const Value& one : {x, gamma}) {
    if (!one.tensor->is_float() && !one.tensor->is_quantized())
      call.cannot("has integers without qparams as operand");
  }
  if (x.tensor->elements == 0) return;
  const Reals reals(x), gammas(gamma);
  const bool small = has_small_codes(*x.tensor);
  const Writer writer(*call.result().tensor, call.result().data);
  for (int64_t first = 0; first < x.tensor->elements; first += length) {
    double squares = 0;
    if (small) {
      // At most 2^34 a term: below 2^63 up to 2^29 channels, and a row that long is refused.
      if (length >= int64_t{1} << 29) call.cannot("has rows of 2^29 elements or more");
      int64_t sum = 0;
      for (int64_t i = 0; i < length; ++i) {
        const int64_t code = code_at(x, first + i) - x.tensor->file.zero_point[0];
        sum += code * code;
      }
      squares =
          static_cast<double>(sum) * (double{x.tensor->file.scale[0]} * double{x.tensor->file.scale[0]});
    } else {
      for (int64_t i = 0; i < length; ++i) squares += reals[first + i] * reals[first + i];
    }
    const double root = std::sqrt(squares / static_cast<double>(length) + epsilon);
    for (int64_t i = 0; i < length; ++i) writer.put(first + i, reals[first + i] / root * gammas[i]);
  }
}

}  // namespace circle_executor
