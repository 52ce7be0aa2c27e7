#include "device/element_rules.h"

#include <fmt/format.h>

#include <vector>

#include "device/call_types.h"
#include "device/shape_rules.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr const char* kIndexHint = "indices are counted from 0, and none from the back";

class Elements {
 public:
  Elements(const OpSignature& op, std::span<const OpArgument> arguments) : op_(op), arguments_(arguments) {}

  // No element is 0 as `dtype`: a scalar is narrowed to the dtype of what it divides, and 2^32 as int32 is 0.
  void divisors(DType dtype) const {
    const Tensor& b = tensor(1);
    for (int64_t i = 0; i < b.elements(); ++i) {
      if (low_bits(b, i, dtype.bits) != 0) continue;
      throw refused(
          fmt::format("element {} of b is 0; the result is {}, which has no infinity", i, dtype.name()),
          "divide floats, or put another number in place of 0 by where");
    }
  }

  // No quotient is one more than the greatest integer, which the formats' runtimes leave to the machine.
  void quotients(const TensorType& result) const {
    const Tensor &a = tensor(0), &b = tensor(1);
    const std::vector<int64_t> a_steps = broadcast_steps(a.shape, result.shape),
                               b_steps = broadcast_steps(b.shape, result.shape);
    const auto has = [&](const Tensor& x, int64_t wanted) {
      for (int64_t i = 0; i < x.elements(); ++i) {
        if (as_result(x, i, result.dtype) == wanted) return true;
      }
      return false;
    };
    if (!result.dtype.is_signed() || !has(b, -1) || !has(a, result.dtype.qmin())) return;
    for (int64_t i = 0; i < element_count(result.shape); ++i) {
      int64_t at_a = 0, at_b = 0, rest = i;
      for (size_t axis = result.shape.size(); axis-- > 0; rest /= result.shape[axis]) {
        at_a += rest % result.shape[axis] * a_steps[axis];
        at_b += rest % result.shape[axis] * b_steps[axis];
      }
      if (as_result(a, at_a, result.dtype) != result.dtype.qmin() || as_result(b, at_b, result.dtype) != -1)
        continue;
      throw refused(fmt::format("element {} of the result is {} divided by -1, which {} does not hold", i,
                                result.dtype.qmin(), result.dtype.name()),
                    "divide a wider integer, or put another number in its place by where");
    }
  }

  // Elements of argument i are inside [0, extent), which is the extent of `what`.
  void indices(size_t i, int64_t extent, const std::string& what) const {
    const Tensor& all = tensor(i);
    for (int64_t k = 0; k < all.elements(); ++k) {
      const int64_t index = index_at(all, k);
      if (index >= 0 && index < extent) continue;
      throw refused(
          fmt::format("index {} at position {} is outside {}, which has extent {}", index, k, what, extent),
          kIndexHint);
    }
  }

  void along_axis() const {
    const Shape& x = tensor(0).shape;
    const int64_t axis = std::get<int64_t>(arguments_[2]);
    const auto place = static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(x.size()) : axis);
    indices(1, x[place], fmt::format("axis {} of x", axis));
  }

  // What is written twice would depend on the order of the writes.
  void rows_once() const {
    const Tensor& rows = tensor(1);
    const int64_t extent = tensor(0).shape[0];
    indices(1, extent, "axis 0 of x");
    std::vector<int64_t> writer(static_cast<size_t>(extent), -1);
    for (int64_t k = 0; k < rows.elements(); ++k) {
      int64_t& before = writer[static_cast<size_t>(index_at(rows, k))];
      if (before >= 0) {
        throw refused(fmt::format("index {} is at positions {} and {}", index_at(rows, k), before, k),
                      "name each row once");
      }
      before = k;
    }
  }

  void starts() const {
    const Shape& x = tensor(0).shape;
    const Shape& update = tensor(2).shape;
    for (size_t axis = 0; axis < x.size(); ++axis) {
      const int64_t start = index_at(tensor(1), static_cast<int64_t>(axis));
      if (start >= 0 && start <= x[axis] - update[axis]) continue;
      throw refused(fmt::format("an update of extent {} does not fit from {} on along axis {}, which has "
                                "extent {}",
                                update[axis], start, axis, x[axis]),
                    "a start is not moved to where the update fits");
    }
  }

 private:
  [[nodiscard]] const Tensor& tensor(size_t i) const { return std::get<Tensor>(arguments_[i]); }

  // From an element of `shape` to the next along each axis of `wanted`, which it is broadcast to.
  static std::vector<int64_t> broadcast_steps(const Shape& shape, const Shape& wanted) {
    std::vector<int64_t> steps(wanted.size(), 0);
    int64_t step = 1;
    for (size_t i = 0; i < shape.size(); ++i) {
      const size_t axis = shape.size() - 1 - i;
      if (shape[axis] != 1) steps[wanted.size() - 1 - i] = step;
      step *= shape[axis];
    }
    return steps;
  }

  // An integer, narrowed to the dtype of the result.
  static int64_t as_result(const Tensor& x, int64_t i, DType dtype) {
    int64_t value = 0;
    if (x.dtype == kInt64) value = x.as<int64_t>()[i];
    if (x.dtype == kInt32) value = x.as<int32_t>()[i];
    if (x.dtype == kInt16) value = x.as<int16_t>()[i];
    if (x.dtype == kInt8) value = x.as<int8_t>()[i];
    if (x.dtype == kUInt8) value = x.as<uint8_t>()[i];
    const int unused = 64 - dtype.bits;
    return static_cast<int64_t>(static_cast<uint64_t>(value) << unused) >> unused;
  }

  static uint64_t low_bits(const Tensor& x, int64_t i, int bits) {
    uint64_t value = 0;
    if (x.dtype == kInt64) value = static_cast<uint64_t>(x.as<int64_t>()[i]);
    if (x.dtype == kInt32) value = static_cast<uint64_t>(x.as<int32_t>()[i]);
    if (x.dtype == kInt16) value = static_cast<uint64_t>(x.as<int16_t>()[i]);
    if (x.dtype == kInt8 || x.dtype == kUInt8) value = x.as<uint8_t>()[i];
    return value << (64 - bits);
  }

  [[nodiscard]] Error refused(const std::string& what, const std::string& hint) const {
    const std::vector<ArgumentType> types = types_of(arguments_);
    return data_error(fmt::format("{}: {}", op_.name, what), CallTypes(op_, types).found(), hint)
        .with(VERNIER_INVALID_ARGUMENT);
  }

  const OpSignature& op_;
  std::span<const OpArgument> arguments_;
};

}  // namespace

int64_t index_at(const Tensor& indices, int64_t i) {
  return indices.dtype == kInt64 ? indices.as<int64_t>()[i] : indices.as<int32_t>()[i];
}

void check_elements(const OpSignature& op, std::span<const OpArgument> arguments, const TensorType& result) {
  const Elements elements(op, arguments);
  switch (op.element_rule) {
    case ElementRule::kAny:
      return;
    case ElementRule::kDivisor:
      // A result without elements divides nothing.
      if (result.dtype.is_integer() && element_count(result.shape) != 0) elements.divisors(result.dtype);
      if (result.dtype.is_integer() && op.name == "floor_div") elements.quotients(result);
      return;
    case ElementRule::kIndices:
      return elements.along_axis();
    case ElementRule::kOneHot:
      return elements.indices(0, std::get<int64_t>(arguments[1]), "the depth");
    case ElementRule::kRowsOnce:
      return elements.rows_once();
    case ElementRule::kStarts:
      return elements.starts();
  }
  throw internal_error("an element rule has no code");
}

}  // namespace vernier::core
