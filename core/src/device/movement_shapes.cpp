#include "device/movement_shapes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "device/shape_rules.h"

namespace vernier::core {

namespace {

// A number of the dtype: a pad that x could not hold would be rounded without a word.
void require_pad_value(const CallTypes& call, double value) {
  const DType dtype = call.tensor(0).dtype;
  if (!dtype.is_integer() && dtype != kBool) {
    if (!std::isfinite(value) || std::abs(value) <= double{std::numeric_limits<float>::max()}) return;
    throw call.refused(fmt::format("value is {}, which float32 does not hold", value));
  }
  const int64_t low = dtype.qmin(), high = dtype == kBool ? 1 : dtype.qmax();
  const bool is_whole = std::trunc(value) == value;
  // As a double the greatest int64 is 2^63, which is above it, so the bound itself is left out.
  if (is_whole && value >= static_cast<double>(low) && value < static_cast<double>(high) + 1.0) return;
  throw call.refused(fmt::format("value is {}; x is {} and takes whole numbers from {} to {}", value,
                                 dtype.name(), low, high));
}

[[noreturn]] void refuse_step(const CallTypes& call) { throw call.refused("step is 0"); }

}  // namespace

Shape expanded_shape(const CallTypes& call) {
  const Shape& x = call.tensor(0).shape;
  Shape result = call.integers(1);
  if (std::any_of(result.begin(), result.end(), [](int64_t extent) { return extent < 0; }))
    throw call.refused(fmt::format("shape is {}; an extent is 0 or more", to_string(result)));
  if (broadcast(x, result) == result) return result;
  throw call.refused(
      fmt::format("x is {}, which does not broadcast to {}", to_string(call.tensor(0)), to_string(result)),
      "counted from the back, an extent of x must be that of shape, or 1");
}

Shape padded_shape(const CallTypes& call) {
  Shape result = call.tensor(0).shape;
  for (const size_t side : {1, 2}) {
    const std::vector<int64_t>& pads = call.integers(side);
    if (pads.size() != result.size()) {
      throw call.refused(fmt::format("{} is {}; it takes a number for each of the {} axes of x",
                                     call.name_of(side), to_string(pads), result.size()));
    }
    for (size_t axis = 0; axis < result.size(); ++axis) {
      if (pads[axis] < 0 || pads[axis] > kMaxElements) {
        throw call.refused(
            fmt::format("{} is {}; it takes numbers from 0 to 2^40", call.name_of(side), to_string(pads)),
            pads[axis] < 0 ? "slice takes elements away" : "");
      }
      result[axis] += pads[axis];
    }
  }
  require_pad_value(call, call.number(3));
  return result;
}

Shape gathered_shape(const CallTypes& call) {
  Shape result = call.tensor(0).shape;
  if (result.empty()) throw call.refused("x has no axis");
  const auto place = static_cast<std::ptrdiff_t>(axis_of(call, call.integer(2), result));
  const Shape& indices = call.tensor(1).shape;
  result.erase(result.begin() + place);
  result.insert(result.begin() + place, indices.begin(), indices.end());
  return result;
}

Shape strided_shape(const CallTypes& call) {
  Shape result = call.tensor(0).shape;
  if (result.empty()) throw call.refused("x has no axis");
  int64_t& extent = result[axis_of(call, call.integer(1), result)];
  const int64_t begin = call.integer(2), end = call.integer(3), step = call.integer(4);
  if (step == 0) refuse_step(call);
  const bool fits =
      step > 0 ? begin >= 0 && begin < end && end <= extent : begin < extent && begin > end && end >= -1;
  if (!fits) {
    throw call.refused(
        fmt::format("from {} to before {} in steps of {} of an extent of {}", begin, end, step, extent),
        step > 0 ? "upwards it takes 0 <= begin < end <= extent"
                 : "downwards it takes extent > begin > end >= -1");
  }
  // From the first element to the last one that could be taken; both are below the extent, so nothing
  // overflows.
  extent = (step > 0 ? end - 1 - begin : end + 1 - begin) / step + 1;
  return result;
}

Shape one_hot_shape(const CallTypes& call) {
  if (call.integer(1) < 1)
    throw call.refused(fmt::format("depth is {}; it takes 1 or more", call.integer(1)));
  Shape result = call.tensor(0).shape;
  result.push_back(call.integer(1));
  return result;
}

Shape range_shape(const CallTypes& call) {
  const int64_t start = call.integer(0), stop = call.integer(1), step = call.integer(2);
  if (step == 0) refuse_step(call);
  if (step > 0 ? start >= stop : start <= stop) return {0};
  // Differences of int64 may need 64 bits and a sign.
  const auto magnitude = [](int64_t from, int64_t to) {
    return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
  };
  const uint64_t length = step > 0 ? magnitude(start, stop) : magnitude(stop, start);
  const uint64_t count = (length - 1) / (step > 0 ? magnitude(0, step) : magnitude(step, 0)) + 1;
  if (count > static_cast<uint64_t>(kMaxElements)) {
    throw call.refused(fmt::format("from {} to {} in steps of {} are {} elements, more than 2^40", start,
                                   stop, step, count));
  }
  return {static_cast<int64_t>(count)};
}

Shape scattered_shape(const CallTypes& call) {
  const Shape& x = call.tensor(0).shape;
  if (x.empty()) throw call.refused("x has no axis");
  require_rank(call, 1, 1);
  Shape rows = x;
  rows[0] = call.tensor(1).shape[0];
  require_shape(call, 2, rows);
  return x;
}

Shape updated_shape(const CallTypes& call) {
  const Shape& x = call.tensor(0).shape;
  require_shape(call, 1, {static_cast<int64_t>(x.size())});
  require_rank(call, 2, x.size());
  const Shape& update = call.tensor(2).shape;
  for (size_t axis = 0; axis < x.size(); ++axis) {
    if (update[axis] <= x[axis]) continue;
    throw call.refused(fmt::format("update is {}, x is {}: along axis {} the update is longer",
                                   to_string(call.tensor(2)), to_string(call.tensor(0)), axis));
  }
  return x;
}

std::vector<Shape> split_shapes(const CallTypes& call) {
  const Shape& x = call.tensor(0).shape;
  if (x.empty()) throw call.refused("x has no axis");
  const size_t axis = axis_of(call, call.integer(2), x);
  const std::vector<int64_t>& sizes = call.integers(1);
  int64_t left = x[axis];
  std::vector<Shape> pieces;
  for (const int64_t size : sizes) {
    if (size < 0 || size > left) left = -1;
    if (left < 0) break;
    left -= size;
    pieces.push_back(x);
    pieces.back()[axis] = size;
  }
  if (left != 0 || pieces.empty()) {
    throw call.refused(
        fmt::format("sizes is {}, axis {} of x has {} elements", to_string(sizes), axis, x[axis]),
        "pieces of 0 or more elements, which together are the axis");
  }
  return pieces;
}

Shape topk_shape(const CallTypes& call) {
  Shape result = call.tensor(0).shape;
  if (result.empty()) throw call.refused("x has no axis");
  int64_t& extent = result[axis_of(call, call.integer(2), result)];
  if (call.integer(1) < 1 || call.integer(1) > extent)
    throw call.refused(
        fmt::format("k is {}; it takes 1 to {}, the elements of the axis", call.integer(1), extent));
  extent = call.integer(1);
  return result;
}

}  // namespace vernier::core
