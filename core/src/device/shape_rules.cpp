#include "device/shape_rules.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "device/movement_shapes.h"
#include "device/window_shapes.h"

namespace vernier::core {

namespace {

// A vector as long as `extent`; nothing to check where the argument is absent.
void require_vector(const CallTypes& call, size_t i, int64_t extent) {
  if (!call.has(i)) return;
  require_shape(call, i, {extent});
}

int64_t last_extent(const CallTypes& call, size_t i) {
  const TensorType& type = call.tensor(i);
  if (type.shape.empty())
    throw call.refused(fmt::format("{} is {}; it takes at least one axis", call.name_of(i), to_string(type)));
  return type.shape.back();
}

Shape linear(const CallTypes& call) {
  require_rank(call, 1, 2);
  const Shape& weight = call.tensor(1).shape;
  const int64_t in = last_extent(call, 0);
  if (in != weight[1]) {
    throw call.refused(fmt::format("x is {}, weight is {}: x's last axis has {} elements, weight takes {}",
                                   to_string(call.tensor(0)), to_string(call.tensor(1)), in, weight[1]));
  }
  require_vector(call, 2, weight[0]);
  Shape result = call.tensor(0).shape;
  result.back() = weight[0];
  return result;
}

Shape matmul(const CallTypes& call) {
  (void)last_extent(call, 0);
  (void)last_extent(call, 1);
  const Shape& a = call.tensor(0).shape;
  const Shape& b = call.tensor(1).shape;
  const int64_t inner = b.size() == 1 ? b[0] : b[b.size() - 2];
  if (a.back() != inner) {
    throw call.refused(fmt::format("a is {}, b is {}: a's last axis has {} elements, b takes {}",
                                   to_string(call.tensor(0)), to_string(call.tensor(1)), a.back(), inner));
  }
  const auto batch_of = [](const Shape& shape) {
    return Shape(shape.begin(), shape.end() - static_cast<std::ptrdiff_t>(std::min<size_t>(2, shape.size())));
  };
  std::optional<Shape> result = broadcast(batch_of(a), batch_of(b));
  if (!result) {
    throw call.refused(fmt::format("the batches of a, {}, and b, {}, do not broadcast",
                                   to_string(call.tensor(0)), to_string(call.tensor(1))));
  }
  if (a.size() >= 2) result->push_back(a[a.size() - 2]);
  if (b.size() >= 2) result->push_back(b.back());
  return *result;
}

// Each argument with what those before it give.
Shape broadcast_of(const CallTypes& call) {
  Shape shape = call.tensor(0).shape;
  for (size_t i = 1; i < call.count(); ++i) {
    const auto both = broadcast(shape, call.tensor(i).shape);
    if (!both) {
      throw call.refused(
          fmt::format("{} is {}, {} is {}: they do not broadcast", call.name_of(i - 1),
                      to_string(call.tensor(i - 1)), call.name_of(i), to_string(call.tensor(i))),
          "counted from the back, extents must be equal, or one of them 1");
    }
    shape = *both;
  }
  return shape;
}

Shape reduce(const CallTypes& call) {
  const Shape& x = call.tensor(0).shape;
  std::vector<bool> gone(std::max<size_t>(1, x.size()), call.integers(1).empty());
  for (const int64_t axis : call.integers(1)) {
    const size_t place = axis_of(call, axis, x);
    if (gone[place]) throw call.refused(fmt::format("axis {} is named twice", axis));
    gone[place] = true;
  }
  Shape result;
  for (size_t i = 0; i < x.size(); ++i) {
    if (!gone[i]) result.push_back(x[i]);
    if (gone[i] && call.integer(2) != 0) result.push_back(1);
  }
  return result;
}

[[noreturn]] void refuse_none(const CallTypes& call) {
  throw call.refused("the greatest, or least, of no element");
}

Shape reduce_some(const CallTypes& call) {
  Shape result = reduce(call);
  if (element_count(call.tensor(0).shape) == 0 && element_count(result) != 0) refuse_none(call);
  return result;
}

Shape without_axis(const CallTypes& call) {
  Shape result = call.tensor(0).shape;
  const size_t axis = axis_of(call, call.integer(1), result);
  if (result.empty()) return result;
  const int64_t extent = result[axis];
  result.erase(result.begin() + static_cast<std::ptrdiff_t>(axis));
  if (extent == 0 && element_count(result) != 0) refuse_none(call);
  return result;
}

Shape reshape(const CallTypes& call) {
  Shape result = call.integers(1);
  const int64_t elements = element_count(call.tensor(0).shape);
  const auto wrong = [&] {
    return call.refused(fmt::format("{} of {} elements cannot take shape {}", to_string(call.tensor(0)),
                                    elements, to_string(result)));
  };
  int64_t known = 1;
  auto open = result.end();
  for (auto extent = result.begin(); extent != result.end(); ++extent) {
    if (*extent == -1 && open == result.end()) {
      open = extent;
      continue;
    }
    if (*extent < 0) throw wrong();
    // So that a product that does not fit 64 bits is not taken for another one.
    if (*extent != 0 && known > std::numeric_limits<int64_t>::max() / *extent) throw wrong();
    known *= *extent;
  }
  if (open == result.end()) {
    if (known != elements) throw wrong();
    return result;
  }
  if (known == 0 || elements % known != 0) throw wrong();
  *open = elements / known;
  return result;
}

Shape permute(const CallTypes& call) {
  const Shape& x = call.tensor(0).shape;
  const std::vector<int64_t>& axes = call.integers(1);
  if (axes.size() != x.size())
    throw call.refused(
        fmt::format("{} axes for {}; it takes each axis once", axes.size(), to_string(call.tensor(0))));
  Shape result;
  std::vector<bool> seen(x.size());
  for (const int64_t axis : axes) {
    const size_t place = axis_of(call, axis, x);
    if (seen[place]) throw call.refused(fmt::format("axis {} is named twice", axis));
    seen[place] = true;
    result.push_back(x[place]);
  }
  return result;
}

Shape slice(const CallTypes& call) {
  Shape result = call.tensor(0).shape;
  if (result.empty()) throw call.refused("x has no axis");
  int64_t& extent = result[axis_of(call, call.integer(1), result)];
  const int64_t begin = call.integer(2), end = call.integer(3);
  if (begin < 0 || end > extent || begin >= end)
    throw call.refused(fmt::format("[{}, {}) of an extent of {}", begin, end, extent));
  extent = end - begin;
  return result;
}

Shape concat(const CallTypes& call) {
  const std::vector<TensorType>& types = call.tensors(0);
  Shape result = types[0].shape;
  if (result.empty()) throw call.refused("tensors without axes cannot be put one behind the other");
  const size_t axis = axis_of(call, call.integer(1), result);
  for (size_t k = 1; k < types.size(); ++k) {
    Shape wanted = types[k].shape;
    const bool rank_ok = wanted.size() == result.size();
    const int64_t extent = rank_ok ? wanted[axis] : 0;
    if (rank_ok) wanted[axis] = result[axis];
    if (!rank_ok || wanted != result) {
      throw call.refused(fmt::format("{} and {} differ in more than axis {}", to_string(types[0]),
                                     to_string(types[k]), call.integer(1)));
    }
    result[axis] += extent;
  }
  return result;
}

Shape normalized(const CallTypes& call) {
  const int64_t extent = last_extent(call, 0);
  for (size_t i = 1; i < call.count(); ++i) {
    if (call.is_tensor(i)) require_vector(call, i, extent);
  }
  return call.tensor(0).shape;
}

Shape clamped(const CallTypes& call) {
  if (std::isnan(call.number(1)) || std::isnan(call.number(2)))
    throw call.refused(fmt::format("the bounds are {} and {}", call.number(1), call.number(2)));
  return call.tensor(0).shape;
}

Shape gelu(const CallTypes& call) {
  if (call.text(1) != "none" && call.text(1) != "tanh")
    throw call.refused(fmt::format("approximate is \"{}\"", call.text(1)), "use \"none\" or \"tanh\"");
  return call.tensor(0).shape;
}

Shape table_rows(const CallTypes& call) {
  require_rank(call, 0, 2);
  Shape result = call.tensor(1).shape;
  result.push_back(call.tensor(0).shape[1]);
  return result;
}

}  // namespace

void require_rank(const CallTypes& call, size_t i, size_t rank) {
  const TensorType& type = call.tensor(i);
  if (type.shape.size() == rank) return;
  throw call.refused(fmt::format("{} is {}; it takes rank {}", call.name_of(i), to_string(type), rank));
}

void require_shape(const CallTypes& call, size_t i, const Shape& shape) {
  const TensorType& type = call.tensor(i);
  if (type.shape == shape) return;
  throw call.refused(
      fmt::format("{} is {}; it takes shape {}", call.name_of(i), to_string(type), to_string(shape)));
}

size_t axis_of(const CallTypes& call, int64_t axis, const Shape& shape) {
  const auto rank = static_cast<int64_t>(std::max<size_t>(1, shape.size()));
  const int64_t place = axis < 0 ? axis + rank : axis;
  if (place >= 0 && place < rank) return static_cast<size_t>(place);
  throw call.refused(fmt::format("axis {} of a tensor of rank {}", axis, shape.size()));
}

// NOLINTNEXTLINE(readability-function-size): a table
Shape result_shape(ShapeRule rule, const CallTypes& call) {
  switch (rule) {
    case ShapeRule::kSame:
      return call.tensor(0).shape;
    case ShapeRule::kLinear:
      return linear(call);
    case ShapeRule::kMatmul:
      return matmul(call);
    case ShapeRule::kBroadcast:
      return broadcast_of(call);
    case ShapeRule::kReduce:
      return reduce(call);
    case ShapeRule::kReduceSome:
      return reduce_some(call);
    case ShapeRule::kWithoutAxis:
      return without_axis(call);
    case ShapeRule::kReshape:
      return reshape(call);
    case ShapeRule::kPermute:
      return permute(call);
    case ShapeRule::kSlice:
      return slice(call);
    case ShapeRule::kConcat:
      return concat(call);
    case ShapeRule::kAlongAxis:
      (void)axis_of(call, call.integer(1), call.tensor(0).shape);
      return call.tensor(0).shape;
    case ShapeRule::kNormalized:
      return normalized(call);
    case ShapeRule::kClamped:
      return clamped(call);
    case ShapeRule::kGelu:
      return gelu(call);
    case ShapeRule::kTableRows:
      return table_rows(call);
    case ShapeRule::kExpand:
      return expanded_shape(call);
    case ShapeRule::kPad:
      return padded_shape(call);
    case ShapeRule::kGather:
      return gathered_shape(call);
    case ShapeRule::kStridedSlice:
      return strided_shape(call);
    case ShapeRule::kOneHot:
      return one_hot_shape(call);
    case ShapeRule::kRange:
      return range_shape(call);
    case ShapeRule::kScatterRows:
      return scattered_shape(call);
    case ShapeRule::kUpdateSlice:
      return updated_shape(call);
    case ShapeRule::kSplit:
    case ShapeRule::kTopk:
      break;  // several results: op_results()
    case ShapeRule::kConv1d:
      return conv_shape(call, 1);
    case ShapeRule::kConv2d:
      return conv_shape(call, 2);
    case ShapeRule::kConv3d:
      return conv_shape(call, 3);
    case ShapeRule::kConvTranspose2d:
      return conv_transpose_shape(call);
    case ShapeRule::kPool2d:
      return pool_shape(call);
    case ShapeRule::kResize2d:
      return resized_shape(call);
  }
  throw internal_error("a shape rule has no code");
}

}  // namespace vernier::core
