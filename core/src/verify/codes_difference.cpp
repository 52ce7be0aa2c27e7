#include "verify/codes_difference.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tensor/finite_number.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Calls `use` with the elements of both, as numbers of their type.
template <typename Use>
auto with_elements(const Tensor& a, const Tensor& b, Use use) {
  const auto call = [&]<typename T>(T) { return use(a.as<T>(), b.as<T>()); };
  if (a.dtype == kFloat32) return call(float{});
  if (a.dtype == kUInt8 || a.dtype == kBool) return call(uint8_t{});
  if (a.dtype == kInt8) return call(int8_t{});
  if (a.dtype == kInt16) return call(int16_t{});
  if (a.dtype == kInt32) return call(int32_t{});
  if (a.dtype == kInt64) return call(int64_t{});
  throw internal_error("elements of " + a.dtype.name() + " are not compared");
}

std::vector<int64_t> index_of(int64_t place, const Shape& shape) {
  std::vector<int64_t> index(shape.size());
  for (size_t axis = shape.size(); axis-- > 0; place /= shape[axis]) index[axis] = place % shape[axis];
  return index;
}

double distance(double right, double found) {
  if (right == found || (std::isnan(right) && std::isnan(found))) return 0;
  const double apart = std::abs(right - found);
  return std::isnan(apart) ? std::numeric_limits<double>::infinity() : apart;
}

void take(CodesDifference& all, int64_t place, double right, double found, double apart) {
  const std::vector<int64_t> index = index_of(place, all.shape);
  if (all.differ++ == 0) {
    all.first = all.low = all.high = index;
    all.right = right;
    all.found = found;
  }
  for (size_t axis = 0; axis < index.size(); ++axis) {
    all.low[axis] = std::min(all.low[axis], index[axis]);
    all.high[axis] = std::max(all.high[axis], index[axis]);
  }
  all.most = std::max(all.most, apart);
}

// Slices along an axis of tensors of one shape: [outer, extent, inner].
struct Slices {
  Slices(const Shape& shape, size_t axis) : extent(shape[axis]) {
    for (size_t i = 0; i < axis; ++i) outer *= shape[i];
    for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  }
  template <typename T>
  [[nodiscard]] bool are_equal(const T* a, int64_t at, const T* b, int64_t other) const {
    for (int64_t i = 0; i < outer; ++i) {
      if (std::memcmp(a + (i * extent + at) * inner, b + (i * extent + other) * inner,
                      static_cast<size_t>(inner) * sizeof(T)) != 0)
        return false;
    }
    return true;
  }
  template <typename T>
  [[nodiscard]] bool is_constant(const T* a, int64_t at) const {
    for (int64_t i = 0; i < outer; ++i) {
      const T* row = a + (i * extent + at) * inner;
      if (!std::all_of(row, row + inner, [&](T x) { return x == a[at * inner]; })) return false;
    }
    return true;
  }
  int64_t outer = 1, extent = 1, inner = 1;
};

// The first slice that differs, is no constant and is the slice of another place. Slices of few elements are
// alike by chance.
template <typename T>
std::string moved_slice(const T* right, const T* found, const CodesDifference& all) {
  constexpr int64_t kLeastElements = 4;
  for (size_t axis = 0; axis < all.shape.size(); ++axis) {
    const Slices slices(all.shape, axis);
    if (slices.extent < 2 || slices.outer * slices.inner < kLeastElements) continue;
    for (int64_t at = all.low[axis]; at <= all.high[axis]; ++at) {
      if (slices.are_equal(right, at, found, at) || slices.is_constant(found, at)) continue;
      for (int64_t other = 0; other < slices.extent; ++other) {
        if (other != at && slices.are_equal(right, other, found, at))
          return fmt::format("index {} of axis {} holds what belongs to index {}", at, axis, other);
      }
      break;
    }
  }
  return {};
}

double real_value(double code, const QParams& grid) {
  return (code - grid.zero_point.front()) * static_cast<double>(grid.scale.front());
}

}  // namespace

std::optional<CodesDifference> codes_difference(const Tensor& right, const Tensor& found, int64_t within) {
  if (right.dtype != found.dtype || right.elements() != found.elements())
    throw internal_error(fmt::format("{} {} is compared with {} {}", right.dtype.name(),
                                     to_string(right.shape), found.dtype.name(), to_string(found.shape)));
  if (right.bytes() == 0 || std::memcmp(right.data, found.data, right.bytes()) == 0) return std::nullopt;
  CodesDifference all;
  all.shape = right.shape;
  all.elements = right.elements();
  const double allowed = right.dtype == kFloat32 ? 0 : static_cast<double>(within);
  with_elements(right, found, [&](const auto* a, const auto* b) {
    for (int64_t i = 0; i < all.elements; ++i) {
      const double apart = distance(static_cast<double>(a[i]), static_cast<double>(b[i]));
      if (apart > allowed) take(all, i, static_cast<double>(a[i]), static_cast<double>(b[i]), apart);
    }
    if (all.differ != 0) all.moved = moved_slice(a, b, all);
  });
  if (all.differ == 0) return std::nullopt;
  return all;
}

nlohmann::json CodesDifference::to_json(const QParams* grid) const {
  nlohmann::json value = {{"elements", elements},
                          {"differ", differ},
                          {"first", first},
                          {"right", finite_number(right)},
                          {"found", finite_number(found)},
                          {"low", low},
                          {"high", high},
                          {"most", finite_number(most)},
                          {"moved", moved}};
  if (grid == nullptr) return value;
  value["right_value"] = real_value(right, *grid);
  value["found_value"] = real_value(found, *grid);
  return value;
}

std::string CodesDifference::to_text(const QParams* grid, const std::string& indent) const {
  std::vector<std::string> box;
  for (size_t axis = 0; axis < low.size(); ++axis)
    box.push_back(low[axis] == high[axis] ? std::to_string(low[axis])
                                          : fmt::format("{}..{}", low[axis], high[axis]));
  std::string text =
      fmt::format("{}at [{}]: {} where {} is right", indent, fmt::join(first, ", "), found, right);
  if (grid != nullptr)
    text +=
        fmt::format(" ({:.6g} where {:.6g} is right)", real_value(found, *grid), real_value(right, *grid));
  text += fmt::format("\n{}{} of {} elements differ, all within [{}], by {} at most\n", indent, differ,
                      elements, fmt::join(box, ", "), most);
  if (!moved.empty()) text += fmt::format("{}{}\n", indent, moved);
  return text;
}

}  // namespace vernier::core
