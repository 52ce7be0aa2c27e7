// Matrix products.
#include <cmath>

#include "broadcast.h"
#include "indices.h"
#include "kernels.h"
#include "product.h"

namespace circle_executor {

namespace {

void check_operand(const Call& call, size_t i) {
  const Tensor& tensor = *call.input(i).tensor;
  if (!tensor.is_float() && !tensor.is_quantized())
    call.fail("has operand " + tensor.described() + ", which has no qparams");
}

Bias bias_of(const Call& call, const Matrix& a, const Matrix& b) {
  if (!call.has_input(2)) return {};
  const Value& value = call.input(2);
  const Tensor& bias = *value.tensor;
  if (bias.shape() != Shape{b.rows})
    call.fail("wants one bias for each of " + std::to_string(b.rows) + " channels, not " + bias.described());
  const bool is_wide = bias.storage == Storage::kInt32 || bias.storage == Storage::kInt64;
  if (has_exact_sums(a, b) && is_wide) {
    check_bias_scale(call, *a.value->tensor, *b.value->tensor, bias, b.rows);
    return {&value, true};
  }
  if (!bias.is_float() && !bias.is_quantized())
    call.fail("has bias " + bias.described() + ", which has no qparams");
  return {&value, false};
}

}  // namespace

void check_bias_scale(const Call& call, const Tensor& x, const Tensor& weight, const Tensor& bias,
                      int64_t columns) {
  if (!bias.is_quantized()) return;
  for (int64_t i = 0; i < columns; ++i) {
    const size_t channel = weight.is_per_tensor() ? 0 : static_cast<size_t>(i);
    const double wanted = double{x.file.scale[0]} * double{weight.file.scale[channel]};
    const double found = bias.file.scale[bias.channel(i)];
    if (!(std::abs(found - wanted) <= 1e-6 * wanted)) {
      call.fail("has bias " + bias.described() + " with the scale " + std::to_string(found) + " at " +
                std::to_string(i) + "; input scale * weight scale is " + std::to_string(wanted));
    }
  }
}

void fully_connected(const Call& call) {
  const Value &x = call.input(0), &weight = call.input(1);
  const auto& options = call.options<circle::FullyConnectedOptions>();
  if (options.weights_format() != circle::FullyConnectedOptionsWeightsFormat::DEFAULT)
    call.cannot("has shuffled weights");
  check_operand(call, 0);
  check_operand(call, 1);
  const Shape& from = x.tensor->shape();
  if (weight.tensor->rank() != 2 || from.empty())
    call.fail("wants a matrix as weight and an input with axes, not " + weight.tensor->described() + " and " +
              x.tensor->described());
  const int64_t columns = weight.tensor->shape()[0], depth = weight.tensor->shape()[1];
  int64_t rows = 1;
  Shape shape;
  if (options.keep_num_dims()) {
    if (from.back() != depth)
      call.fail("has input " + x.tensor->described() + " and weight " + weight.tensor->described() +
                ", which do not fit");
    shape.assign(from.begin(), from.end() - 1);
    for (const int64_t extent : shape) rows *= extent;
  } else {
    if (depth == 0 || x.tensor->elements % depth != 0)
      call.fail("has input " + x.tensor->described() + " and weight " + weight.tensor->described() +
                ", which do not fit");
    rows = x.tensor->elements / depth;
    shape = {rows};
  }
  shape.push_back(columns);
  call.check_shape(shape);
  const Matrix a = {&x, 0, rows, depth, 1};
  const Matrix b = {&weight, 0, columns, depth, 1};
  const Writer writer(*call.result().tensor, call.result().data,
                      call.clamp(options.fused_activation_function()));
  multiply(call, a, b, depth, bias_of(call, a, b), writer, 0);
}

void batch_matmul(const Call& call) {
  const Value &x = call.input(0), &y = call.input(1);
  const auto& options = call.options<circle::BatchMatMulOptions>();
  check_operand(call, 0);
  check_operand(call, 1);
  const Shape &of_x = x.tensor->shape(), &of_y = y.tensor->shape();
  if (of_x.size() < 2 || of_y.size() < 2) call.fail("wants operands with two axes at least");
  const bool x_turned = options.adjoint_lhs(), y_turned = options.adjoint_rhs();
  const auto last = [](const Shape& shape, size_t back) { return shape[shape.size() - back]; };
  const int64_t rows = last(of_x, x_turned ? 1 : 2), depth = last(of_x, x_turned ? 2 : 1);
  const int64_t columns = last(of_y, y_turned ? 2 : 1);
  if (last(of_y, y_turned ? 1 : 2) != depth)
    call.fail("has operands " + x.tensor->described() + " and " + y.tensor->described() +
              ", which do not fit");
  const Broadcast batches =
      broadcast_of(call, {of_x.begin(), of_x.end() - 2}, {of_y.begin(), of_y.end() - 2});
  Shape shape = batches.shape;
  shape.push_back(rows);
  shape.push_back(columns);
  call.check_shape(shape);
  const Writer writer(*call.result().tensor, call.result().data);
  if (call.result().tensor->elements == 0) return;
  each_element(
      batches.shape, batches.a_strides, batches.b_strides, [&](int64_t i, int64_t at_x, int64_t at_y) {
        const Matrix a = {&x, at_x * rows * depth, rows, x_turned ? 1 : depth, x_turned ? rows : 1};
        const Matrix b = {&y, at_y * columns * depth, columns, y_turned ? depth : 1, y_turned ? 1 : columns};
        multiply(call, a, b, depth, {}, writer, i * rows * columns);
      });
}

}  // namespace circle_executor
