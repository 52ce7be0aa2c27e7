#include "program/steps/moving.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "vernier/core/error.h"

namespace vernier::core::steps {

namespace {

// A tensor as rows of bytes along one axis: `outer` times `extent` rows of `inner` bytes.
struct Rows {
  int64_t outer = 1, extent = 1, inner = 1;

  Rows(const Tensor& x, size_t axis) : extent(x.shape.at(axis)) {
    for (size_t i = 0; i < axis; ++i) outer *= x.shape[i];
    for (size_t i = axis + 1; i < x.shape.size(); ++i) inner *= x.shape[i];
    inner *= static_cast<int64_t>(x.dtype.bytes(1));
  }
};

void copy(const std::byte* from, std::byte* to, int64_t bytes) {
  std::memcpy(to, from, static_cast<size_t>(bytes));
}

template <typename T>
Tensor replaced(const Tensor& tokens, int64_t token, int64_t replacement) {
  Tensor result = Tensor::allocate(tokens.dtype, tokens.shape);
  std::replace_copy(tokens.as<T>(), tokens.as<T>() + tokens.elements(), result.mutable_as<T>(),
                    static_cast<T>(token), static_cast<T>(replacement));
  return result;
}

}  // namespace

Tensor row(const Tensor& x, size_t axis, int64_t index, const Shape& shape) {
  const Rows rows(x, axis);
  if (index < 0 || index >= rows.extent)
    throw data_error(fmt::format("there is no index {} on axis {} of {}", index, axis, to_string(x.shape)));
  Tensor result = Tensor::allocate(x.dtype, shape);
  for (int64_t i = 0; i < rows.outer; ++i)
    copy(x.data + (i * rows.extent + index) * rows.inner, result.mutable_as<std::byte>() + i * rows.inner,
         rows.inner);
  return result;
}

void write_rows(const Tensor& given, Tensor& into, const RowsWritten& which) {
  const Rows from(given, which.axis), to(into, which.axis);
  if (which.first < 0 || which.count < 0 || which.offset < 0 || which.count > from.extent - which.first)
    throw data_error(fmt::format("rows {} to {} of {} are to be written", which.first,
                                 which.first + which.count - 1, from.extent));
  int64_t count = which.count;
  if (which.ring == 0 && count > to.extent - which.offset) {
    if (!which.drops)
      throw data_error(
          fmt::format("{} rows from row {} on do not fit the {} rows that there are: the cache is full",
                      count, which.offset, to.extent));
    count = std::max<int64_t>(0, to.extent - which.offset);
  }
  for (int64_t outer = 0; outer < from.outer; ++outer) {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t place = which.ring == 0 ? which.offset + i : (which.offset + i) % which.ring;
      copy(given.data + (outer * from.extent + which.first + i) * from.inner,
           into.mutable_as<std::byte>() + (outer * to.extent + place) * to.inner, to.inner);
    }
  }
}

Tensor concat(const Tensor& first, const Tensor& second, size_t axis) {
  const Rows one(first, axis), other(second, axis);
  Shape shape = first.shape;
  shape[axis] += other.extent;
  Tensor result = Tensor::allocate(first.dtype, shape);
  auto* to = result.mutable_as<std::byte>();
  for (int64_t i = 0; i < one.outer; ++i) {
    const int64_t head = one.extent * one.inner, tail = other.extent * other.inner;
    copy(first.data + i * head, to, head);
    copy(second.data + i * tail, to + head, tail);
    to += head + tail;
  }
  return result;
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  Tensor result = x;
  result.shape = shape;
  return result;
}

Tensor replace_token(const Tensor& tokens, int64_t token, int64_t replacement) {
  return tokens.dtype == kInt32 ? replaced<int32_t>(tokens, token, replacement)
                                : replaced<int64_t>(tokens, token, replacement);
}

}  // namespace vernier::core::steps
