#include "product.h"

#include <algorithm>
#include <limits>

#include "dot.h"

namespace circle_executor {

namespace {

constexpr int64_t kRowsAtOnce = 256;  // of `a` expanded at a time, to bound the scratch
constexpr int64_t kColumns = 16;      // of `b` expanded at a time: they stay in the cache while all rows pass
constexpr int64_t kMaximumSum = int64_t{1} << 30;

bool has_short_codes(const Tensor& tensor) { return tensor.is_quantized() && tensor.file.dtype.bits <= 16; }

// The scales of row r: element (r, anything).
size_t row_channel(const Matrix& m, int64_t row) {
  return m.value->tensor->channel(m.first + row * m.row_step);
}

// One scale within each row.
bool is_per_row(const Matrix& m) {
  const Tensor& tensor = *m.value->tensor;
  return tensor.is_per_tensor() || (tensor.file.axis == 0 && tensor.rank() == 2 && m.k_step == 1);
}

// The largest size of code - zero_point.
int64_t largest(const Tensor& tensor) {
  int64_t most = 0;
  for (const int32_t zero_point : tensor.file.zero_point)
    most = std::max({most, tensor.file.dtype.qmax() - zero_point, zero_point - tensor.file.dtype.qmin()});
  return most;
}

// Whether each code - zero_point is an int16.
bool fits_int16(const Tensor& tensor) {
  const vernier::FileTensor& file = tensor.file;
  return std::all_of(file.zero_point.begin(), file.zero_point.end(), [&](int32_t zero_point) {
    return file.dtype.qmin() - zero_point >= std::numeric_limits<int16_t>::min() &&
           file.dtype.qmax() - zero_point <= std::numeric_limits<int16_t>::max();
  });
}

template <typename T>
void expand_codes(const Matrix& m, int64_t row, int64_t depth, T* to) {
  const int64_t zero_point = m.value->tensor->file.zero_point[row_channel(m, row)];
  const int64_t first = m.first + row * m.row_step;
  for (int64_t k = 0; k < depth; ++k)
    to[k] = static_cast<T>(code_at(*m.value, first + k * m.k_step) - zero_point);
}

template <typename Expand, typename T>
std::vector<T> expand_rows(const Matrix& m, int64_t first, int64_t last, int64_t depth, Expand expand, T) {
  std::vector<T> rows(static_cast<size_t>((last - first) * depth));
  for (int64_t row = first; row < last; ++row) expand(m, row, depth, rows.data() + (row - first) * depth);
  return rows;
}

// Calls put(row, column, rows of a at row, rows of b at column) for each result.
template <typename T, typename Expand, typename Put>
void each_result(const Matrix& a, const Matrix& b, int64_t depth, Expand expand, Put put) {
  for (int64_t top = 0; top < a.rows; top += kRowsAtOnce) {
    const int64_t bottom = std::min(a.rows, top + kRowsAtOnce);
    const std::vector<T> left = expand_rows(a, top, bottom, depth, expand, T{});
    for (int64_t first = 0; first < b.rows; first += kColumns) {
      const int64_t last = std::min(b.rows, first + kColumns);
      const std::vector<T> right = expand_rows(b, first, last, depth, expand, T{});
      for (int64_t row = top; row < bottom; ++row) {
        for (int64_t column = first; column < last; ++column)
          put(row, column, left.data() + (row - top) * depth, right.data() + (column - first) * depth);
      }
    }
  }
}

template <typename T>
void multiply_codes(const Call& call, const Matrix& a, const Matrix& b, int64_t depth, const Bias& bias,
                    const Writer& writer, int64_t to) {
  const double a_scale = a.value->tensor->file.scale[0];
  const int64_t block = block_length(largest(*a.value->tensor), largest(*b.value->tensor));
  each_result<T>(
      a, b, depth, expand_codes<T>, [&](int64_t row, int64_t column, const T* left, const T* right) {
        int64_t sum = dot(left, right, depth, block);
        if (bias.is_codes && __builtin_add_overflow(sum, code_at(*bias.value, column), &sum))
          call.fail("has a sum beyond 64 bits");
        const double scale =
            a_scale * double{b.value->tensor->file.scale[row_channel(b, column)]};  // 48 bits: exact
        const int64_t place = to + row * b.rows + column;
        if (bias.value == nullptr || bias.is_codes) {
          writer.put(place, static_cast<double>(sum) * scale,
                     [&] { return Ratio{static_cast<Quad>(sum) * Quad{scale}}; });
        } else {
          writer.put(place, static_cast<double>(sum) * scale + Reals(*bias.value)[column]);
        }
      });
}

void multiply_reals(const Matrix& a, const Matrix& b, int64_t depth, const Bias& bias, const Writer& writer,
                    int64_t to) {
  const auto expand = [](const Matrix& m, int64_t row, int64_t count, double* reals) {
    const Reals source(*m.value);
    for (int64_t k = 0; k < count; ++k) reals[k] = source[m.first + row * m.row_step + k * m.k_step];
  };
  each_result<double>(a, b, depth, expand,
                      [&](int64_t row, int64_t column, const double* left, const double* right) {
                        const double added = bias.value == nullptr ? 0.0 : Reals(*bias.value)[column];
                        writer.put(to + row * b.rows + column, dot(left, right, depth) + added);
                      });
}

}  // namespace

bool has_exact_sums(const Matrix& a, const Matrix& b) {
  const Tensor &left = *a.value->tensor, &right = *b.value->tensor;
  return has_short_codes(left) && has_short_codes(right) && left.is_per_tensor() && is_per_row(b);
}

void multiply(const Call& call, const Matrix& a, const Matrix& b, int64_t depth, const Bias& bias,
              const Writer& writer, int64_t to) {
  if (depth >= kMaximumSum) call.cannot("has sums of 2^30 products or more");
  if (a.rows == 0 || b.rows == 0) return;
  call.take(static_cast<double>(a.rows) * static_cast<double>(b.rows) *
            static_cast<double>(std::max<int64_t>(depth, 1)));
  if (!has_exact_sums(a, b)) return multiply_reals(a, b, depth, bias, writer, to);
  if (fits_int16(*a.value->tensor) && fits_int16(*b.value->tensor))
    return multiply_codes<int16_t>(call, a, b, depth, bias, writer, to);
  multiply_codes<int32_t>(call, a, b, depth, bias, writer, to);
}

}  // namespace circle_executor
