// Elements at other places, numbers made of places, and whole numbers.
#include <algorithm>

#include "format.h"
#include "ops.h"

namespace onnx_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

std::string ints(Lowering& l, const GraphNode& node, const char* name, const std::vector<int64_t>& values) {
  return l.builder.add_int64(l.beside(node, name), values);
}

std::string cast_to(Lowering& l, const GraphNode& node, const std::string& tensor, DType dtype) {
  return l.step(node, "cast", "Cast", {tensor}, {{"to", int64_t{data_type(dtype)}}});
}

// A scalar of a number's dtype.
std::string number(Lowering& l, const GraphNode& node, const char* name, DType dtype, double value) {
  if (!dtype.is_integer() && dtype != vernier::kBool)
    return l.builder.add_float(l.beside(node, name), {}, {static_cast<float>(value)});
  const std::string whole = l.builder.add_int64_scalar(l.beside(node, name), static_cast<int64_t>(value));
  return dtype == vernier::kInt64 ? whole : cast_to(l, node, whole, dtype);
}

}  // namespace

void lower_expand(Lowering& l, const GraphNode& node) {
  l.emit(node, "Expand", {l.operand(node, 0), ints(l, node, "shape", l.result_value(node).shape)});
}

void lower_pad(Lowering& l, const GraphNode& node) {
  std::vector<int64_t> pads = node.integers("before");
  const std::vector<int64_t> after = node.integers("after");
  pads.insert(pads.end(), after.begin(), after.end());
  const GraphValue& x = l.operand_value(node, 0);
  const DType dtype = x.is_quantized() ? vernier::kFloat32 : x.dtype;
  l.emit(node, "Pad",
         {l.operand(node, 0), ints(l, node, "pads", pads),
          number(l, node, "value", dtype, node.number("value"))});
}

void lower_gather(Lowering& l, const GraphNode& node) {
  l.emit(node, "Gather", {l.operand(node, 0), l.operand(node, 1)},
         {{"axis", axis_of(l, node, node.integer("axis"))}});
}

// Downwards past element 0 the end is beyond the front: -1 would be the last element.
void lower_strided_slice(Lowering& l, const GraphNode& node) {
  const int64_t axis = axis_of(l, node, node.integer("axis"));
  const int64_t extent = l.operand_value(node, 0).shape[static_cast<size_t>(axis)];
  const int64_t end = node.integer("end") < 0 ? -extent - 1 : node.integer("end");
  l.emit(node, "Slice",
         {l.operand(node, 0), ints(l, node, "begin", {node.integer("begin")}), ints(l, node, "end", {end}),
          ints(l, node, "axis", {axis}), ints(l, node, "step", {node.integer("step")})});
}

// Runtimes have it of int64; other indices and results are a Cast away.
void lower_one_hot(Lowering& l, const GraphNode& node) {
  std::string indices = l.operand(node, 0);
  if (l.operand_value(node, 0).dtype != vernier::kInt64) indices = cast_to(l, node, indices, vernier::kInt64);
  const std::vector<std::string> inputs = {
      indices, l.builder.add_int64_scalar(l.beside(node, "depth"), node.integer("depth")),
      ints(l, node, "values", {0, 1})};
  const DType dtype = l.result_value(node).dtype;
  if (dtype == vernier::kInt64) return l.emit(node, "OneHot", inputs, {{"axis", int64_t{-1}}});
  l.emit(node, "Cast", {l.step(node, "whole", "OneHot", inputs, {{"axis", int64_t{-1}}})},
         {{"to", int64_t{data_type(l.result_value(node).is_quantized() ? vernier::kFloat32 : dtype)}}});
}

void lower_range(Lowering& l, const GraphNode& node) {
  std::vector<std::string> ends;
  for (const char* name : {"start", "stop", "step"})
    ends.push_back(l.builder.add_int64_scalar(l.beside(node, name), node.integer(name)));
  l.emit(node, "Range", ends);
}

namespace {

std::string as_int64(Lowering& l, const GraphNode& node, size_t i) {
  const std::string tensor = l.operand(node, i);
  return l.operand_value(node, i).dtype == vernier::kInt64 ? tensor
                                                           : cast_to(l, node, tensor, vernier::kInt64);
}

// The place [extents..., axes] of each element of the first axes, counted from 0.
std::vector<int64_t> places_of(const std::vector<int64_t>& extents) {
  std::vector<int64_t> places, at(extents.size());
  int64_t count = 1;
  for (const int64_t extent : extents) count *= extent;
  for (int64_t i = 0; i < count; ++i) {
    places.insert(places.end(), at.begin(), at.end());
    for (size_t axis = at.size(); axis-- > 0 && ++at[axis] == extents[axis];) at[axis] = 0;
  }
  return places;
}

}  // namespace

// ScatterND takes places that are computed: those of the update from 0 on, and the starts added. Behind the
// last axis that is not replaced as a whole it places whole pieces.
void lower_dynamic_update_slice(Lowering& l, const GraphNode& node) {
  const std::vector<int64_t>& shape = l.operand_value(node, 0).shape;
  std::vector<int64_t> extents = l.operand_value(node, 2).shape;
  size_t axes = extents.size();
  while (axes > 0 && extents[axes - 1] == shape[axes - 1]) --axes;
  // Each start is 0 then, or an error.
  if (axes == 0) return l.emit(node, "Identity", {l.operand(node, 2)});
  std::string starts = as_int64(l, node, 1);
  if (axes < extents.size())
    starts =
        l.step(node, "first_starts", "Slice",
               {starts, ints(l, node, "begin", {0}), ints(l, node, "end", {static_cast<int64_t>(axes)})});
  extents.resize(axes);
  const std::vector<int64_t> places = places_of(extents);
  extents.push_back(static_cast<int64_t>(axes));
  const std::string moved =
      l.step(node, "moved", "Add", {l.builder.add_int64(l.beside(node, "places"), extents, places), starts});
  l.emit(node, "ScatterND", {l.operand(node, 0), moved, l.operand(node, 2)});
}

void lower_scatter_rows(Lowering& l, const GraphNode& node) {
  const std::string indices = as_int64(l, node, 1);
  const std::string column = l.step(node, "column", "Unsqueeze", {indices, ints(l, node, "axis", {-1})});
  l.emit(node, "ScatterND", {l.operand(node, 0), column, l.operand(node, 2)});
}

void lower_split(Lowering& l, const GraphNode& node) {
  l.emit_all(node, "Split", {l.operand(node, 0), ints(l, node, "sizes", node.integers("sizes"))},
             {{"axis", axis_of(l, node, node.integer("axis"))}});
}

void lower_topk(Lowering& l, const GraphNode& node) {
  l.emit_all(node, "TopK", {l.operand(node, 0), ints(l, node, "k", {node.integer("k")})},
             {{"axis", axis_of(l, node, node.integer("axis"))}});
}

void lower_cast(Lowering& l, const GraphNode& node) {
  const GraphValue& result = l.result_value(node);
  const DType to = result.is_quantized() ? vernier::kFloat32 : result.dtype;
  l.emit(node, "Cast", {l.operand(node, 0)}, {{"to", int64_t{data_type(to)}}});
}

namespace {

bool is_whole(const Lowering& l, const GraphNode& node) {
  const GraphValue& result = l.result_value(node);
  return !result.is_quantized() && result.dtype.is_integer();
}

// Mod has the sign of the divisor for integers, and of the dividend for reals.
std::string remainder(Lowering& l, const GraphNode& node, const std::string& a, const std::string& b) {
  return l.step(node, "mod", "Mod", {a, b}, {{"fmod", int64_t{!is_whole(l, node)}}});
}

std::pair<std::string, std::string> both(Lowering& l, const GraphNode& node) {
  const DType dtype = is_whole(l, node) ? l.result_value(node).dtype : vernier::kFloat32;
  return {operand_as(l, node, 0, dtype), operand_as(l, node, 1, dtype)};
}

}  // namespace

// Div cuts integers off towards 0: what is left after the remainder is divisible.
void lower_floor_div(Lowering& l, const GraphNode& node) {
  const auto [a, b] = both(l, node);
  if (!is_whole(l, node)) return l.emit(node, "Floor", {l.step(node, "quotient", "Div", {a, b})});
  l.emit(node, "Div", {l.step(node, "divisible", "Sub", {a, remainder(l, node, a, b)}), b});
}

void lower_remainder(Lowering& l, const GraphNode& node) {
  const auto [a, b] = both(l, node);
  if (is_whole(l, node)) return l.emit(node, "Mod", {a, b}, {{"fmod", int64_t{0}}});
  const std::string rest = remainder(l, node, a, b);
  const std::string zero = l.builder.add_float(l.beside(node, "zero"), {}, {0.0f});
  const std::string other_side =
      l.step(node, "other_side", "Less", {l.step(node, "signs", "Mul", {rest, b}), zero});
  l.emit(node, "Where", {other_side, l.step(node, "moved", "Add", {rest, b}), rest});
}

}  // namespace onnx_backend
