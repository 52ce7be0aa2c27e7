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
