// Sums and means.
#include "indices.h"
#include "kernels.h"
#include "reduction.h"

namespace circle_executor {

namespace {

// Which axes operand 1 names.
std::vector<bool> reduced_axes(const Call& call, size_t rank) {
  std::vector<bool> reduced(rank, false);
  for (const int64_t axis : call.integers(1)) reduced[call.axis(axis, rank)] = true;
  return reduced;
}

}  // namespace

Reduction reduction_of(const Call& call) {
  const Shape& shape = call.input(0).tensor->shape();
  const bool keep_dims = call.options<circle::ReducerOptions>().keep_dims();
  const std::vector<bool> reduced = reduced_axes(call, shape.size());
  Reduction reduction;
  Shape kept, result;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (reduced[axis]) reduction.count *= shape[axis];
    kept.push_back(reduced[axis] ? 1 : shape[axis]);
    if (!reduced[axis] || keep_dims) result.push_back(kept.back());
  }
  call.check_shape(result);
  reduction.strides = dense_strides(kept);
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    if (reduced[axis]) reduction.strides[axis] = 0;
  }
  return reduction;
}

void sum_or_mean(const Call& call) {
  const Value& x = call.input(0);
  const Reduction reduction = reduction_of(call);
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

}  // namespace circle_executor
