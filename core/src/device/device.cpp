#include "device/device.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "device/element_rules.h"
#include "kernels/channel_view.h"
#include "quantization/exact.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr int64_t kPiece = 1 << 18;  // elements that through_codes() has the codes of at once

bool is_real(DType dtype) {
  return dtype == kFloat32 || dtype == kFloat64 || dtype == kFloat16 || dtype == kBFloat16;
}

void require_result(DType to, std::string_view pass) {
  if (to != kFloat32 && to != kFloat64)
    throw internal_error(fmt::format("{}: the result cannot be {}", pass, to.name()), {},
                         "ask for float32 or float64");
}

bool is_whole(const Tensor& x, Rows rows) {
  const Rows all = all_rows(x);
  return rows.begin == all.begin && rows.end == all.end;
}

Shape shape_of_rows(const Tensor& x, Rows rows) {
  Shape shape = x.shape;
  if (shape.empty() && rows.begin == rows.end) return {0};
  if (!shape.empty()) shape[0] = rows.end - rows.begin;
  return shape;
}

// Elements before row `row`.
int64_t elements_before(const Tensor& x, int64_t row) {
  const int64_t rows = all_rows(x).end;
  return rows == 0 ? 0 : x.elements() / rows * row;
}

void require_real(DType dtype, DType to) {
  if (!is_real(dtype))
    throw internal_error(fmt::format("no conversion from {} to {}", dtype.name(), to.name()));
}

void require_elements(const Tensor& x, ElementRange which, std::string_view pass) {
  if (which.first < 0 || which.count < 0 || which.first > x.elements() - which.count) {
    throw internal_error(fmt::format("{}: {} elements at {} of a tensor of shape {}", pass, which.count,
                                     which.first, to_string(x.shape)));
  }
}

void require_rows(const Tensor& x, Rows rows, std::string_view pass) {
  const int64_t count = all_rows(x).end;
  if (rows.begin < 0 || rows.begin > rows.end || rows.end > count) {
    throw internal_error(fmt::format("{}: rows [{}, {}) of a tensor of shape {}", pass, rows.begin, rows.end,
                                     to_string(x.shape)));
  }
}

// A look at rows of a tensor whose elements are whole bytes.
Tensor rows_of(const Tensor& x, Rows rows) {
  if (is_whole(x, rows)) return x;
  Tensor part = x;
  part.shape = shape_of_rows(x, rows);
  part.data = x.data + x.dtype.bytes(static_cast<uint64_t>(elements_before(x, rows.begin)));
  return part;
}

void require_qparams(const Shape& shape, const QParams& qparams, std::string_view pass) {
  const int64_t wanted = scale_count(qparams, shape).value_or(-1);
  if (qparams.is_float || wanted != static_cast<int64_t>(qparams.scale.size()) ||
      wanted != static_cast<int64_t>(qparams.zero_point.size())) {
    throw internal_error(
        fmt::format(
            "{}: {} scales along axis {}{} for a tensor of shape {}", pass, qparams.scale.size(),
            qparams.axis,
            qparams.block_size > 0 ? fmt::format(" in blocks of {}", qparams.block_size) : std::string(),
            to_string(shape)),
        {}, "qparams must be those of this very tensor");
  }
}

// How many scales a row of `x` has that no other row has; 0: rows share their scales.
int64_t own_scales(const Tensor& x, const QParams& qparams) {
  if (qparams.axis == 0) return 1;
  const int64_t rows = all_rows(x).end;
  return qparams.block_size == 0 || rows == 0 ? 0 : static_cast<int64_t>(qparams.scale.size()) / rows;
}

// The qparams of those rows of `x`: their own scales, or those that all rows share.
QParams rows_of(const QParams& qparams, const Tensor& x, Rows rows) {
  const int64_t own = own_scales(x, qparams);
  if (own == 0) return qparams;
  QParams part{qparams.dtype, qparams.scheme, qparams.axis, false, {}, {}, qparams.block_size};
  const auto scale = qparams.scale.begin();
  const auto zero_point = qparams.zero_point.begin();
  part.scale.assign(scale + rows.begin * own, scale + rows.end * own);
  part.zero_point.assign(zero_point + rows.begin * own, zero_point + rows.end * own);
  return part;
}

// The qparams of rows in any order.
QParams rows_of(const QParams& qparams, const Tensor& x, std::span<const int64_t> rows) {
  const int64_t own = own_scales(x, qparams);
  if (own == 0) return qparams;
  QParams part{qparams.dtype, qparams.scheme, qparams.axis, false, {}, {}, qparams.block_size};
  for (const int64_t row : rows) {
    const auto scale = qparams.scale.begin() + row * own;
    const auto zero_point = qparams.zero_point.begin() + row * own;
    part.scale.insert(part.scale.end(), scale, scale + own);
    part.zero_point.insert(part.zero_point.end(), zero_point, zero_point + own);
  }
  return part;
}

// The indices, each checked against [0, rows).
std::vector<int64_t> row_numbers(const Tensor& indices, int64_t rows, const std::string& table) {
  if (indices.dtype != kInt64 && indices.dtype != kInt32)
    throw data_error(fmt::format("{}: indices are {}, not int32 or int64", table, indices.dtype.name()),
                     table)
        .with(VERNIER_INVALID_ARGUMENT);
  std::vector<int64_t> result(static_cast<size_t>(indices.elements()));
  for (size_t i = 0; i < result.size(); ++i) {
    result[i] = index_at(indices, static_cast<int64_t>(i));
    if (result[i] < 0 || result[i] >= rows) {
      throw data_error(fmt::format("{}: index {} at position {} is outside the table's {} rows", table,
                                   result[i], i, rows),
                       table, "check the calibration inputs against the model's vocabulary")
          .with(VERNIER_INVALID_ARGUMENT);
    }
  }
  return result;
}

Tensor copy_rows(const Tensor& table, std::span<const int64_t> rows) {
  Tensor result = Tensor::allocate(table.dtype, {static_cast<int64_t>(rows.size()), table.shape[1]});
  const uint64_t row_bytes = table.dtype.bytes(static_cast<uint64_t>(table.shape[1]));
  auto* out = result.mutable_as<std::byte>();
  for (size_t i = 0; i < rows.size(); ++i)
    std::memcpy(out + i * row_bytes, table.data + static_cast<uint64_t>(rows[i]) * row_bytes, row_bytes);
  return result;
}

}  // namespace

Rows all_rows(const Tensor& x) { return {0, x.shape.empty() ? 1 : x.shape[0]}; }

std::vector<Tensor> Device::run_all(uint32_t id, std::span<const OpArgument> arguments) {
  return run_typed(id, arguments, op_results(id, types_of(arguments)));
}

Tensor Device::run(uint32_t id, std::span<const OpArgument> arguments) {
  return run_all(id, arguments).front();
}

std::vector<Tensor> Device::run_typed(uint32_t id, std::span<const OpArgument> arguments,
                                      std::span<const TensorType> types) {
  const OpSignature& op = op_signatures()[id];
  const TensorType& type = types.front();
  if (op.shape_rule == ShapeRule::kTableRows) {
    return {gather(std::get<Tensor>(arguments[0]), nullptr, std::get<Tensor>(arguments[1]), type.dtype,
                   std::string(op.name))};
  }
  check_elements(op, arguments, type);
  if (op.results != 1) return run_several(id, arguments, types);
  return {run_op(id, arguments, type)};
}

bool Device::range(const Tensor& x, int64_t axis, std::span<float> low, std::span<float> high) {
  const bool axis_ok = axis >= -1 && axis < static_cast<int64_t>(x.shape.size());
  const int64_t wanted = axis == -1 ? 1 : axis_ok ? x.shape[static_cast<size_t>(axis)] : -1;
  if (x.dtype != kFloat32 || wanted != static_cast<int64_t>(low.size()) || low.size() != high.size()) {
    throw plugin_error(fmt::format("range: {}{} along axis {} into {} results", x.dtype.name(),
                                   to_string(x.shape), axis, low.size()));
  }
  return find_range(x, axis, low.data(), high.data());
}

namespace {

void require_histogram(const Tensor& x, float limit, size_t bins) {
  int exponent = 0;
  const bool limit_ok = std::isfinite(limit) && limit > 0 && std::frexp(limit, &exponent) == 0.5f;
  if (x.dtype == kFloat32 && limit_ok && bins >= 2 && bins <= 65536 && std::has_single_bit(bins)) return;
  throw plugin_error(
      fmt::format("histogram: {}{} up to {} in {} bins", x.dtype.name(), to_string(x.shape), limit, bins));
}

}  // namespace

void Device::histogram(const Tensor& x, float limit, std::span<uint64_t> counts) {
  require_histogram(x, limit, counts.size());
  if (x.elements() != 0) add_histogram(x, limit, counts);
}

void Device::channel_histograms(const Tensor& x, int64_t axis, std::span<const float> limits,
                                std::span<uint64_t> counts) {
  const bool axis_ok = axis >= 0 && axis < static_cast<int64_t>(x.shape.size());
  if (x.dtype != kFloat32 || !axis_ok || limits.empty() || counts.size() % limits.size() != 0 ||
      static_cast<int64_t>(limits.size()) != x.shape[static_cast<size_t>(axis)]) {
    throw plugin_error(fmt::format("histogram: {}{} along axis {} with {} limits", x.dtype.name(),
                                   to_string(x.shape), axis, limits.size()));
  }
  const ChannelView view = ChannelView::of(x.shape, axis);
  const size_t bins = counts.size() / limits.size();
  for (float limit : limits) require_histogram(x, limit, bins);
  Tensor channel = view.outer == 1 ? x : Tensor::allocate(kFloat32, {view.outer, view.inner});
  channel.shape = {view.outer, view.inner};
  for (size_t c = 0; c < limits.size(); ++c) {
    const float* first = x.as<float>() + static_cast<int64_t>(c) * view.inner;
    if (view.outer == 1) channel.data = reinterpret_cast<const std::byte*>(first);
    for (int64_t o = 0; view.outer > 1 && o < view.outer; ++o)
      std::copy_n(first + o * view.channels * view.inner, view.inner,
                  channel.mutable_as<float>() + o * view.inner);
    histogram(channel, limits[c], counts.subspan(c * bins, bins));
  }
}

Tensor Device::fake_quantize(const Tensor& x, const QParams& qparams) {
  require_result(x.dtype, "fake_quantize");
  require_qparams(x.shape, qparams, "fake_quantize");
  return x.dtype == kFloat64 ? fake_quantize_exactly(x, qparams) : fake_quantize_single(x, qparams);
}

Tensor Device::widen(const Tensor& constant, Rows rows, DType to) {
  require_result(to, "widen");
  require_real(constant.dtype, to);
  require_rows(constant, rows, "widen");
  Tensor part = rows_of(constant, rows);
  if (part.dtype == to) return part;
  if (part.dtype == kFloat32) return to_double(part);
  Tensor single = Tensor::allocate(kFloat32, part.shape);
  if (single.elements() != 0) widen_to(part, {0, part.elements()}, single.mutable_as<float>());
  return to == kFloat64 ? to_double(single) : single;
}

void Device::widen_elements(const Tensor& constant, ElementRange which, float* to) {
  require_real(constant.dtype, kFloat32);
  require_elements(constant, which, "widen");
  if (which.count != 0) widen_to(constant, which, to);
}

Tensor Device::encode(const Tensor& constant, Rows rows, const QParams& qparams) {
  require_rows(constant, rows, "encode");
  Tensor codes = Tensor::allocate(qparams.dtype, shape_of_rows(constant, rows));
  encode_elements(constant, {elements_before(constant, rows.begin), codes.elements()}, qparams,
                  codes.mutable_as<std::byte>());
  return codes;
}

void Device::encode_elements(const Tensor& constant, ElementRange which, const QParams& qparams,
                             std::byte* codes) {
  require_qparams(constant.shape, qparams, "encode");
  require_real(constant.dtype, qparams.dtype);
  require_elements(constant, which, "encode");
  if (which.count == 0) return;
  // The rows that hold them are all that the device sees: of a table with a scale for each row, their scales.
  const int64_t columns = constant.elements() / all_rows(constant).end;
  const Rows rows{which.first / columns, (which.first + which.count - 1) / columns + 1};
  encode_to(rows_of(constant, rows), {which.first - rows.begin * columns, which.count},
            rows_of(qparams, constant, rows), codes);
}

Tensor Device::through_codes(const Tensor& constant, const QParams& qparams, DType to) {
  require_result(to, "through_codes");
  if (constant.elements() <= kPiece) {
    const Tensor codes = encode(constant, all_rows(constant), qparams);
    return expand(codes, all_rows(codes), qparams, to);
  }
  Tensor result = Tensor::allocate(to, constant.shape);
  const int64_t count = all_rows(constant).end;
  const int64_t step = std::max<int64_t>(1, kPiece / (constant.elements() / count));
  for (Rows rows{0, step}; rows.begin < count; rows = {rows.end, rows.end + step}) {
    rows.end = std::min(rows.end, count);
    const Tensor codes = encode(constant, rows, qparams);
    const Tensor reals = expand(codes, all_rows(codes), rows_of(qparams, constant, rows), to);
    std::memcpy(result.mutable_as<std::byte>() +
                    to.bytes(static_cast<uint64_t>(elements_before(constant, rows.begin))),
                reals.data, reals.bytes());
  }
  return result;
}

Tensor Device::expand(const Tensor& codes, Rows rows, const QParams& qparams, DType to) {
  require_result(to, "expand");
  require_rows(codes, rows, "expand");
  require_qparams(codes.shape, qparams, "expand");
  const int64_t first = elements_before(codes, rows.begin);
  const Shape shape = shape_of_rows(codes, rows);
  const auto expand_with = [&](const QParams& own) {
    return to == kFloat64 ? expand_exactly(codes.data, first, shape, own)
                          : expand_single(codes.data, first, shape, own);
  };
  return is_whole(codes, rows) ? expand_with(qparams) : expand_with(rows_of(qparams, codes, rows));
}

Tensor Device::gather(const Tensor& table, const QParams* qparams, const Tensor& indices, DType to,
                      const std::string& table_name) {
  require_result(to, "gather");
  if (table.shape.size() != 2)
    throw plugin_error(fmt::format("embedding of a table of shape {}", to_string(table.shape)), table_name);
  const std::vector<int64_t> rows = row_numbers(indices, table.shape[0], table_name);
  Tensor result;
  if (qparams == nullptr) {
    const Tensor copied = copy_rows(table, rows);
    result = widen(copied, all_rows(copied), to);
  } else if (is_real(table.dtype)) {
    require_qparams(table.shape, *qparams, "gather");
    result = through_codes(copy_rows(table, rows), rows_of(*qparams, table, rows), to);
  } else {
    require_qparams(table.shape, *qparams, "gather");
    result = to == kFloat64 ? expand_rows_exactly(table, *qparams, rows)
                            : expand_rows_single(table, *qparams, rows);
  }
  result.shape = indices.shape;
  result.shape.push_back(table.shape[1]);
  return result;
}

}  // namespace vernier::core
