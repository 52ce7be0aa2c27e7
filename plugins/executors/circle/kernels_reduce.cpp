// Many elements to one, or each by what all of its row is.
#include <algorithm>
#include <cmath>

#include "indices.h"
#include "kernels.h"

namespace circle_executor {

namespace {

// Which axes operand 1 names.
std::vector<bool> reduced_axes(const Call& call, size_t rank) {
  std::vector<bool> reduced(rank, false);
  for (const int64_t axis : call.integers(1)) reduced[call.axis(axis, rank)] = true;
  return reduced;
}

struct Reduction {
  Shape result;                  // as the file should say it
  std::vector<int64_t> strides;  // of the result along the operand's axes, 0 where reduced
  int64_t count = 1;             // elements of a sum
};

Reduction reduction_of(const Call& call, const Shape& shape, bool keep_dims) {
  const std::vector<bool> reduced = reduced_axes(call, shape.size());
  Reduction reduction;
  Shape kept;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (reduced[axis]) reduction.count *= shape[axis];
    kept.push_back(reduced[axis] ? 1 : shape[axis]);
    if (!reduced[axis] || keep_dims) reduction.result.push_back(kept.back());
  }
  reduction.strides = dense_strides(kept);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (reduced[axis]) reduction.strides[axis] = 0;
  }
  return reduction;
}

// The last axis; throws Error for a scalar.
int64_t row_length(const Call& call, const Tensor& tensor) {
  if (tensor.rank() == 0) call.fail("wants at least one axis");
  return tensor.shape().back();
}

bool has_small_codes(const Tensor& tensor) {
  return tensor.is_quantized() && tensor.is_per_tensor() && tensor.file.dtype.bits <= 16;
}

}  // namespace

void sum_or_mean(const Call& call) {
  const Value& x = call.input(0);
  const bool keep_dims = call.options<circle::ReducerOptions>().keep_dims();
  const Reduction reduction = reduction_of(call, x.tensor->shape(), keep_dims);
  call.check_shape(reduction.result);
  const bool is_mean = call.code() == circle::BuiltinOperator::MEAN;
  if (is_mean && reduction.count == 0) call.fail("takes the mean of no elements");
  if (!x.tensor->is_float() && !x.tensor->is_quantized())
    call.cannot("has integers without qparams as operand");
  const double divisor = is_mean ? static_cast<double>(reduction.count) : 1;
  const Writer writer(*call.result().tensor, call.result().data);
  const auto results = static_cast<size_t>(call.result().tensor->elements);
  if (!has_small_codes(*x.tensor)) {
    const Reals reals(x);
    std::vector<double> sums(results, 0.0);
    each_element(x.tensor->shape(), reduction.strides,
                 [&](int64_t i, int64_t to) { sums[static_cast<size_t>(to)] += reals[i]; });
    for (size_t i = 0; i < results; ++i) writer.put(static_cast<int64_t>(i), sums[i] / divisor);
    return;
  }
  // At most 2^17 * 2^40: fits.
  std::vector<int64_t> sums(results, 0);
  const int32_t zero_point = x.tensor->file.zero_point[0];
  const double scale = x.tensor->file.scale[0];
  each_element(x.tensor->shape(), reduction.strides,
               [&](int64_t i, int64_t to) { sums[static_cast<size_t>(to)] += code_at(x, i) - zero_point; });
  for (size_t i = 0; i < results; ++i) {
    const int64_t sum = sums[i];
    writer.put(static_cast<int64_t>(i), static_cast<double>(sum) * scale / divisor, [&] {
      return Ratio{static_cast<Quad>(sum) * Quad{scale}, Quad{divisor}};
    });
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
