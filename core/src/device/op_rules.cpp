#include "device/op_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "device/call_types.h"
#include "device/dtype_rules.h"
#include "device/movement_shapes.h"
#include "device/shape_rules.h"

namespace vernier::core {

std::string to_string(const TensorType& type) { return type.dtype.name() + to_string(type.shape); }

std::vector<TensorType> types_of(std::span<const Tensor> tensors) {
  std::vector<TensorType> types;
  types.reserve(tensors.size());
  for (const Tensor& one : tensors) types.push_back({one.dtype, one.shape});
  return types;
}

std::vector<ArgumentType> types_of(std::span<const OpArgument> arguments) {
  std::vector<ArgumentType> types;
  types.reserve(arguments.size());
  for (const OpArgument& argument : arguments) {
    if (const auto* tensor = std::get_if<Tensor>(&argument)) {
      types.emplace_back(TensorType{tensor->dtype, tensor->shape});
    } else if (const auto* tensors = std::get_if<std::vector<Tensor>>(&argument)) {
      std::vector<TensorType> many;
      for (const Tensor& one : *tensors) many.push_back({one.dtype, one.shape});
      types.emplace_back(std::move(many));
    } else if (const auto* integer = std::get_if<int64_t>(&argument)) {
      types.emplace_back(*integer);
    } else if (const auto* number = std::get_if<double>(&argument)) {
      types.emplace_back(*number);
    } else if (const auto* integers = std::get_if<std::vector<int64_t>>(&argument)) {
      types.emplace_back(*integers);
    } else if (const auto* text = std::get_if<std::string>(&argument)) {
      types.emplace_back(*text);
    } else {
      types.emplace_back(std::monostate{});
    }
  }
  return types;
}

namespace {

// A shape whose elements no memory holds is a mistake in an argument; below the bound no product of its
// extents overflows.
void require_bounded(const CallTypes& call, const TensorType& type) {
  int64_t elements = 1;
  for (const int64_t extent : type.shape) {
    if (extent == 0) continue;
    if (elements > kMaxElements / extent)
      throw call.refused(fmt::format("the result would be {}, more than 2^40 elements", to_string(type)));
    elements *= extent;
  }
}

}  // namespace

std::vector<TensorType> op_results(uint32_t id, std::span<const ArgumentType> arguments) {
  const OpSignature& op = op_signatures()[id];
  const CallTypes call(op, arguments);
  // Dtypes first: what takes no integers should not complain about their shape.
  const DType dtype = result_dtype(op.dtype_rule, call);
  std::vector<TensorType> results;
  if (op.shape_rule == ShapeRule::kSplit) {
    for (Shape& shape : split_shapes(call)) results.push_back({dtype, std::move(shape)});
  } else if (op.shape_rule == ShapeRule::kTopk) {
    results = {{dtype, topk_shape(call)}, {kInt64, topk_shape(call)}};
  } else {
    results = {{dtype, result_shape(op.shape_rule, call)}};
  }
  for (const TensorType& result : results) require_bounded(call, result);
  return results;
}

TensorType op_result(uint32_t id, std::span<const ArgumentType> arguments) {
  return op_results(id, arguments).front();
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  Shape result(std::max(a.size(), b.size()));
  for (size_t i = 0; i < result.size(); ++i) {  // from the back
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    result[result.size() - 1 - i] = x == 1 ? y : x;
  }
  return result;
}

}  // namespace vernier::core
