// Shapes that follow from the operands, against those that the file says.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <optional>

#include "circle/check/checked_model.h"
#include "circle/check/operator_types.h"

namespace vernier::core {

namespace {

using Shape32 = std::vector<int32_t>;
using Op = circle::BuiltinOperator;

std::optional<Shape32> broadcast(const Shape32& a, const Shape32& b) {
  Shape32 result(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < result.size(); ++i) {
    const int32_t x = i < a.size() ? a[a.size() - 1 - i] : 1, y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

// An INT32 constant's values; nothing where it is none.
std::optional<Shape32> integers(const CheckedTensor* tensor) {
  if (tensor == nullptr || !tensor->has_data || tensor->type != circle::TensorType::INT32 ||
      tensor->data.size() != tensor->elements * 4)
    return std::nullopt;
  Shape32 values(static_cast<size_t>(tensor->elements));
  if (!values.empty()) std::memcpy(values.data(), tensor->data.data(), tensor->data.size());
  return values;
}

constexpr Op kBroadcasting[] = {Op::ADD,     Op::SUB,           Op::MUL,         Op::DIV,
                                Op::MINIMUM, Op::MAXIMUM,       Op::POW,         Op::SQUARED_DIFFERENCE,
                                Op::EQUAL,   Op::NOT_EQUAL,     Op::LESS,        Op::LESS_EQUAL,
                                Op::GREATER, Op::GREATER_EQUAL, Op::LOGICAL_AND, Op::LOGICAL_OR};
constexpr Op kShapeKeeping[] = {
    Op::SOFTMAX, Op::LOGISTIC, Op::TANH,        Op::RELU,   Op::RELU6,    Op::RSQRT,      Op::SQRT,
    Op::SIN,     Op::COS,      Op::NEG,         Op::GELU,   Op::EXP,      Op::SQUARE,     Op::ABS,
    Op::LOG,     Op::FLOOR,    Op::LOGICAL_NOT, Op::CUMSUM, Op::QUANTIZE, Op::DEQUANTIZE, Op::CAST};

class Shapes {
 public:
  Shapes(CheckedModel& model, const CheckedSubgraph& subgraph, size_t index)
      : model_(model),
        subgraph_(subgraph),
        op_(subgraph.operators[index]),
        where_(operator_name(subgraph, index)) {}

  void check() {
    const CheckedTensor* x = subgraph_.input(op_, 0);
    const CheckedTensor* y = subgraph_.output(op_);
    if (x == nullptr || y == nullptr) return;
    if (is_one_of(kBroadcasting, op_.code)) return binary(*x, *y);
    if (is_one_of(kShapeKeeping, op_.code)) return expect(*y, x->shape);
    switch (op_.code) {
      case Op::FULLY_CONNECTED:
        return fully_connected(*x, *y);
      case Op::BATCH_MATMUL:
        return batch_matmul(*x, *y);
      case Op::RMS_NORM:
        return rms_norm(*x, *y);
      case Op::RESHAPE:
        return reshape(*x, *y);
      case Op::TRANSPOSE:
        return transpose(*x, *y);
      case Op::GATHER:
        return gather(*x, *y);
      case Op::CONCATENATION:
        return concatenation(*y);
      case Op::SLICE:
        return slice(*x, *y);
      case Op::MEAN:
      case Op::SUM:
      case Op::REDUCE_MAX:
      case Op::REDUCE_MIN:
        return reduce(*x, *y);
      case Op::ARG_MAX:
        return arg_max(*x, *y);
      case Op::SELECT_V2:
        return select(*x, *y);
      default:
        return;
    }
  }

 private:
  void fail(const std::string& what) { model_.error("shape", where_, what); }
  void expect(const CheckedTensor& y, const Shape32& wanted) {
    if (y.shape != wanted)
      fail(fmt::format("its result has shape [{}]; its operands make [{}]", fmt::join(y.shape, ", "),
                       fmt::join(wanted, ", ")));
  }

  void binary(const CheckedTensor& x, const CheckedTensor& y) {
    const CheckedTensor* other = subgraph_.input(op_, 1);
    if (other == nullptr) return;
    const auto wanted = broadcast(x.shape, other->shape);
    if (!wanted)
      return fail(fmt::format("[{}] and [{}] do not broadcast", fmt::join(x.shape, ", "),
                              fmt::join(other->shape, ", ")));
    expect(y, *wanted);
  }

  void select(const CheckedTensor& x, const CheckedTensor& y) {
    std::optional<Shape32> wanted = x.shape;
    for (size_t i = 1; i <= 2 && wanted; ++i) {
      const CheckedTensor* choice = subgraph_.input(op_, i);
      if (choice == nullptr) return;
      wanted = broadcast(*wanted, choice->shape);
    }
    if (!wanted) return fail("its operands do not broadcast");
    expect(y, *wanted);
  }

  void arg_max(const CheckedTensor& x, const CheckedTensor& y) {
    const auto axes = integers(subgraph_.input(op_, 1));
    if (!axes) return;
    const auto rank = static_cast<int32_t>(x.shape.size());
    if (axes->size() != 1 || axes->front() < -rank || axes->front() >= rank)
      return fail(fmt::format("axis [{}] of {}", fmt::join(*axes, ", "), rank));
    Shape32 wanted = x.shape;
    wanted.erase(wanted.begin() + (axes->front() < 0 ? axes->front() + rank : axes->front()));
    expect(y, wanted);
  }

  void fully_connected(const CheckedTensor& x, const CheckedTensor& y) {
    const CheckedTensor* weight = subgraph_.input(op_, 1);
    const CheckedTensor* bias = subgraph_.input(op_, 2);
    if (weight == nullptr) return;
    if (weight->shape.size() != 2 || x.shape.empty())
      return fail("its weight is no matrix, or its operand has no axis");
    if (x.shape.back() != weight->shape[1])
      fail(fmt::format("its operand ends in {}, its weight takes {}", x.shape.back(), weight->shape[1]));
    if (bias != nullptr && bias->elements != static_cast<uint64_t>(weight->shape[0]))
      fail(fmt::format("its bias has {} values for {} channels", bias->elements, weight->shape[0]));
    const auto* options = op_.table->builtin_options_as_FullyConnectedOptions();
    if (options != nullptr && options->keep_num_dims()) {
      Shape32 wanted = x.shape;
      wanted.back() = weight->shape[0];
      return expect(y, wanted);
    }
    if (y.shape.empty() || y.shape.back() != weight->shape[0])
      fail(fmt::format("its result does not end in {}", weight->shape[0]));
  }

  void batch_matmul(const CheckedTensor& x, const CheckedTensor& y) {
    const CheckedTensor* other = subgraph_.input(op_, 1);
    if (other == nullptr) return;
    if (x.shape.size() < 2 || other->shape.size() < 2) return fail("an operand has fewer than two axes");
    const auto* options = op_.table->builtin_options_as_BatchMatMulOptions();
    Shape32 a = x.shape, b = other->shape;
    if (options != nullptr && options->adjoint_lhs()) std::swap(a[a.size() - 1], a[a.size() - 2]);
    if (options != nullptr && options->adjoint_rhs()) std::swap(b[b.size() - 1], b[b.size() - 2]);
    if (a.back() != b[b.size() - 2])
      return fail(fmt::format("it multiplies [{}] by [{}]", fmt::join(a, ", "), fmt::join(b, ", ")));
    auto wanted = broadcast(Shape32(a.begin(), a.end() - 2), Shape32(b.begin(), b.end() - 2));
    if (!wanted) return fail("its batches do not broadcast");
    wanted->push_back(a[a.size() - 2]);
    wanted->push_back(b.back());
    expect(y, *wanted);
  }

  void rms_norm(const CheckedTensor& x, const CheckedTensor& y) {
    const CheckedTensor* gamma = subgraph_.input(op_, 1);
    if (gamma != nullptr &&
        (gamma->shape.size() != 1 || x.shape.empty() || gamma->shape[0] != x.shape.back()))
      fail("its scale does not fit the last axis");
    expect(y, x.shape);
  }

  void reshape(const CheckedTensor& x, const CheckedTensor& y) {
    if (x.elements != y.elements) fail(fmt::format("makes {} elements of {}", y.elements, x.elements));
    const auto wanted = integers(subgraph_.input(op_, 1));
    if (wanted && std::find(wanted->begin(), wanted->end(), -1) == wanted->end()) expect(y, *wanted);
    const auto* options = op_.table->builtin_options_as_ReshapeOptions();
    if (wanted && options != nullptr && options->new_shape() != nullptr &&
        Shape32(options->new_shape()->begin(), options->new_shape()->end()) != *wanted)
      fail("its option new_shape and its operand differ");
  }

  void transpose(const CheckedTensor& x, const CheckedTensor& y) {
    const auto order = integers(subgraph_.input(op_, 1));
    if (!order) return;
    Shape32 sorted = *order, all(x.shape.size());
    std::sort(sorted.begin(), sorted.end());
    std::iota(all.begin(), all.end(), 0);
    if (sorted != all)
      return fail(fmt::format("[{}] is no permutation of {} axes", fmt::join(*order, ", "), x.shape.size()));
    Shape32 wanted;
    for (int32_t axis : *order) wanted.push_back(x.shape[static_cast<size_t>(axis)]);
    expect(y, wanted);
  }

  void gather(const CheckedTensor& x, const CheckedTensor& y) {
    const CheckedTensor* picks = subgraph_.input(op_, 1);
    const auto* options = op_.table->builtin_options_as_GatherOptions();
    if (picks == nullptr || (options != nullptr && options->batch_dims() != 0)) return;
    const auto rank = static_cast<int32_t>(x.shape.size());
    const int32_t given = options == nullptr ? 0 : options->axis();
    const int32_t axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis >= rank) return fail(fmt::format("axis {} of {}", given, rank));
    if (given < 0)
      model_.warning("option-value", where_, "its axis counts from the back; luci reads that wrongly");
    Shape32 wanted(x.shape.begin(), x.shape.begin() + axis);
    wanted.insert(wanted.end(), picks->shape.begin(), picks->shape.end());
    wanted.insert(wanted.end(), x.shape.begin() + axis + 1, x.shape.end());
    expect(y, wanted);
  }

  void concatenation(const CheckedTensor& y) {
    const auto* options = op_.table->builtin_options_as_ConcatenationOptions();
    const auto rank = static_cast<int32_t>(y.shape.size());
    const int32_t given = options == nullptr ? 0 : options->axis();
    const int32_t axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis >= rank) return fail(fmt::format("axis {} of {}", given, rank));
    int64_t sum = 0;
    for (size_t i = 0; i < op_.inputs.size(); ++i) {
      const CheckedTensor* part = subgraph_.input(op_, i);
      if (part == nullptr) return;
      Shape32 rest = part->shape, wanted = y.shape;
      if (rest.size() != wanted.size()) return fail("its operands have other ranks");
      sum += rest[static_cast<size_t>(axis)];
      rest[static_cast<size_t>(axis)] = wanted[static_cast<size_t>(axis)] = 0;
      if (rest != wanted) return fail("its operands differ off the axis");
    }
    if (sum != y.shape[static_cast<size_t>(axis)])
      fail(fmt::format("its operands sum to {} along the axis, its result has {}", sum,
                       y.shape[static_cast<size_t>(axis)]));
  }

  void slice(const CheckedTensor& x, const CheckedTensor& y) {
    const auto begin = integers(subgraph_.input(op_, 1)), size = integers(subgraph_.input(op_, 2));
    if (!begin || !size) return;
    if (begin->size() != x.shape.size() || size->size() != x.shape.size())
      return fail("begin and size do not fit the rank");
    Shape32 wanted;
    for (size_t i = 0; i < x.shape.size(); ++i) {
      const int64_t extent = (*size)[i] == -1 ? int64_t{x.shape[i]} - (*begin)[i] : (*size)[i];
      if ((*begin)[i] < 0 || extent < 0 || (*begin)[i] + extent > x.shape[i])
        return fail(fmt::format("reaches outside axis {}", i));
      wanted.push_back(static_cast<int32_t>(extent));
    }
    expect(y, wanted);
  }

  void reduce(const CheckedTensor& x, const CheckedTensor& y) {
    const auto axes = integers(subgraph_.input(op_, 1));
    const auto* options = op_.table->builtin_options_as_ReducerOptions();
    if (!axes) return;
    const bool keep = options != nullptr && options->keep_dims();
    std::vector<bool> reduced(x.shape.size());
    for (int32_t axis : *axes) {
      const int32_t from_front = axis < 0 ? axis + static_cast<int32_t>(x.shape.size()) : axis;
      if (from_front < 0 || static_cast<size_t>(from_front) >= x.shape.size())
        return fail(fmt::format("axis {} of {}", axis, x.shape.size()));
      reduced[static_cast<size_t>(from_front)] = true;
    }
    Shape32 wanted;
    for (size_t i = 0; i < x.shape.size(); ++i) {
      if (!reduced[i])
        wanted.push_back(x.shape[i]);
      else if (keep)
        wanted.push_back(1);
    }
    expect(y, wanted);
  }

  CheckedModel& model_;
  const CheckedSubgraph& subgraph_;
  const CheckedOperator& op_;
  std::string where_;
};

}  // namespace

void check_shapes(CheckedModel& model) {
  for (const CheckedSubgraph& subgraph : model.subgraphs) {
    for (size_t i = 0; i < subgraph.operators.size(); ++i) {
      model.control->check();
      check_operator_types(model, subgraph, i);
      Shapes(model, subgraph, i).check();
    }
  }
}

}  // namespace vernier::core
