#include "device/reference/elements.h"
#include "device/reference/ops.h"

namespace vernier::core::reference {

namespace {

Tensor linear(const Call& call) {
  const DType dtype = call.type.dtype;
  const std::vector<double> x = read<double>(call.tensor(0), dtype),
                            weight = read<double>(call.tensor(1), dtype);
  const std::vector<double> bias = call.has(2) ? read<double>(call.tensor(2), dtype) : std::vector<double>();
  const auto out = static_cast<size_t>(call.tensor(1).shape[0]);
  const auto in = static_cast<size_t>(call.tensor(1).shape[1]);
  std::vector<double> result(static_cast<size_t>(element_count(call.type.shape)));
  for (size_t i = 0; i < result.size(); ++i) {
    const double* row = x.data() + i / out * in;
    const double* column = weight.data() + i % out * in;
    double sum = bias.empty() ? 0.0 : bias[i % out];
    for (size_t k = 0; k < in; ++k) sum += row[k] * column[k];
    result[i] = sum;
  }
  return write(result, call.type);
}

// A vector is a matrix of one row on the left, of one column on the right.
Tensor matmul(const Call& call) {
  Shape a_shape = call.tensor(0).shape, b_shape = call.tensor(1).shape;
  if (a_shape.size() == 1) a_shape.insert(a_shape.begin(), 1);
  if (b_shape.size() == 1) b_shape.push_back(1);
  const int64_t rows = a_shape[a_shape.size() - 2], inner = a_shape.back(), columns = b_shape.back();
  const std::vector<double> a = read<double>(call.tensor(0), call.type.dtype),
                            b = read<double>(call.tensor(1), call.type.dtype);
  const Shape a_batch(a_shape.begin(), a_shape.end() - 2), b_batch(b_shape.begin(), b_shape.end() - 2);
  const Shape batch = broadcast(a_batch, b_batch).value();
  const std::vector<int64_t> a_index = broadcast_indices(a_batch, batch),
                             b_index = broadcast_indices(b_batch, batch);
  std::vector<double> result;
  for (size_t m = 0; m < a_index.size(); ++m) {
    const double* left = a.data() + a_index[m] * rows * inner;
    const double* right = b.data() + b_index[m] * inner * columns;
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < columns; ++column) {
        double sum = 0;
        for (int64_t k = 0; k < inner; ++k) sum += left[row * inner + k] * right[k * columns + column];
        result.push_back(sum);
      }
    }
  }
  return write(result, call.type);
}

}  // namespace

OpFunction find_product_op(std::string_view name) {
  if (name == "linear") return linear;
  return name == "matmul" ? matmul : nullptr;
}

}  // namespace vernier::core::reference
