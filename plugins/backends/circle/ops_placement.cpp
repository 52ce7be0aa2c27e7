// Elements at other places, and numbers made of places.
#include <algorithm>
#include <numeric>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::GraphNode;
using vernier::GraphValue;

namespace {

TensorIndex scalar_of(Lowering& l, const GraphNode& node, const char* name, const Element& element,
                      double value) {
  Data data = element.dtype.is_integer() || element.dtype == vernier::kBool
                  ? made({static_cast<int64_t>(value)}, element.dtype)
                  : made_float(static_cast<float>(value));
  return l.builder.add({l.beside(node, name), {}, element}, std::move(data));
}

void check_indices(const Lowering& l, const GraphNode& node, size_t i) {
  const GraphValue& indices = l.operand_value(node, i);
  if (indices.dtype != vernier::kInt32 && indices.dtype != vernier::kInt64)
    Lowering::fail(node, "indices are " + indices.dtype.name() + "; Circle wants int32 or int64");
}

}  // namespace

void lower_expand(Lowering& l, const GraphNode& node) {
  std::vector<int32_t> shape;
  for (int64_t extent : l.result_value(node).shape) shape.push_back(static_cast<int32_t>(extent));
  const TensorIndex x = l.operand(node, 0);
  const TensorIndex shape_tensor = l.builder.add_int32(l.beside(node, "shape"), shape);
  emit_view(l, node, circle::BuiltinOperator::BROADCAST_TO, {x, shape_tensor},
            empty_options<circle::BroadcastToOptionsBuilder>(circle::BuiltinOptions::BroadcastToOptions));
}

// Brought to the result's qparams first: there the value is rounded once, whatever grid x has.
void lower_pad(Lowering& l, const GraphNode& node) {
  const TensorIndex x = operand_as_result(l, node, 0);
  const TensorIndex sides = paddings(l, node, node.integers("before"), node.integers("after"));
  const double value = node.number("value");
  emit_pad(l, node, x, sides, value, [&](const auto& emit) { l.emit_result(node, emit); });
}

TensorIndex paddings(Lowering& l, const GraphNode& node, const std::vector<int64_t>& before,
                     const std::vector<int64_t>& after) {
  std::vector<int64_t> sides;
  for (size_t axis = 0; axis < before.size(); ++axis) {
    sides.push_back(before[axis]);
    sides.push_back(after[axis]);
  }
  return l.builder.add(
      {l.beside(node, "paddings"), {static_cast<int64_t>(before.size()), 2}, {vernier::kInt32, {}}},
      made(sides, vernier::kInt32));
}

// PAD writes the zero point, or 0.
void emit_pad(Lowering& l, const GraphNode& node, TensorIndex x, TensorIndex sides, double value,
              const std::function<void(const std::function<void(TensorIndex)>&)>& with_result) {
  const Element element = l.element(x);
  const bool is_coded = element.qparams.is_set();
  const double stored = is_coded ? static_cast<double>(encode(element, value)) : value;
  const bool is_zero = stored == (is_coded ? element.qparams.zero_point.front() : 0);
  const TensorIndex ground = is_zero ? kNoTensor : scalar_of(l, node, "value", element, stored);
  with_result([&](TensorIndex result) {
    if (is_zero) {
      l.builder.add_operator(circle::BuiltinOperator::PAD, {x, sides}, {result},
                             empty_options<circle::PadOptionsBuilder>(circle::BuiltinOptions::PadOptions));
    } else {
      l.builder.add_operator(
          circle::BuiltinOperator::PADV2, {x, sides, ground}, {result},
          empty_options<circle::PadV2OptionsBuilder>(circle::BuiltinOptions::PadV2Options));
    }
  });
}

void lower_gather(Lowering& l, const GraphNode& node) {
  const int32_t axis = axis_of(node, node.integer("axis"), l.operand_value(node, 0).shape.size());
  check_indices(l, node, 1);
  const TensorIndex x = l.operand(node, 0), indices = l.operand(node, 1);
  const Options options = {circle::BuiltinOptions::GatherOptions, [axis](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateGatherOptions(b, axis, 0).Union();
                           }};
  emit_view(l, node, circle::BuiltinOperator::GATHER, {x, indices}, options);
}

// Downwards past element 0 the end is open: -1 would be the last element.
void lower_strided_slice(Lowering& l, const GraphNode& node) {
  const std::vector<int64_t>& shape = l.operand_value(node, 0).shape;
  const auto axis = static_cast<size_t>(axis_of(node, node.integer("axis"), shape.size()));
  std::vector<int32_t> begin(shape.size()), end(shape.begin(), shape.end()), step(shape.size(), 1);
  begin[axis] = static_cast<int32_t>(node.integer("begin"));
  end[axis] = static_cast<int32_t>(std::max<int64_t>(node.integer("end"), 0));
  // A longer step picks the same single element.
  step[axis] = static_cast<int32_t>(std::clamp(node.integer("step"), -shape[axis], shape[axis]));
  const int32_t open = node.integer("end") < 0 ? 1 << axis : 0;
  const TensorIndex x = l.operand(node, 0);
  const TensorIndex first = l.builder.add_int32(l.beside(node, "begin"), begin);
  const TensorIndex last = l.builder.add_int32(l.beside(node, "end"), end);
  const TensorIndex steps = l.builder.add_int32(l.beside(node, "strides"), step);
  const Options options = {circle::BuiltinOptions::StridedSliceOptions,
                           [open](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateStridedSliceOptions(b, 0, open).Union();
                           }};
  emit_view(l, node, circle::BuiltinOperator::STRIDED_SLICE, {x, first, last, steps}, options);
}

void lower_one_hot(Lowering& l, const GraphNode& node) {
  check_indices(l, node, 0);
  const Element element = {l.result_value(node).dtype, {}};
  const TensorIndex indices = l.operand(node, 0);
  const TensorIndex depth =
      l.builder.add_int32_scalar(l.beside(node, "depth"), static_cast<int32_t>(node.integer("depth")));
  const TensorIndex on = scalar_of(l, node, "on", element, 1), off = scalar_of(l, node, "off", element, 0);
  const Options options = {circle::BuiltinOptions::OneHotOptions, [](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateOneHotOptions(b, -1).Union();
                           }};
  l.emit_result(node, element, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::ONE_HOT, {indices, depth, on, off}, {result}, options);
  });
}

void lower_range(Lowering& l, const GraphNode& node) {
  std::vector<TensorIndex> ends;
  for (const char* name : {"start", "stop", "step"})
    ends.push_back(l.builder.add({l.beside(node, name), {}, {vernier::kInt64, {}}},
                                 made({node.integer(name)}, vernier::kInt64)));
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::RANGE, ends, {result},
                           empty_options<circle::RangeOptionsBuilder>(circle::BuiltinOptions::RangeOptions));
  });
}

// What is replaced and what replaces it have the result's qparams: codes are copied.
void lower_dynamic_update_slice(Lowering& l, const GraphNode& node) {
  check_indices(l, node, 1);
  const TensorIndex x = operand_as_result(l, node, 0), update = operand_as_result(l, node, 2);
  const TensorIndex starts = l.operand(node, 1);
  const Options options = empty_options<circle::DynamicUpdateSliceOptionsBuilder>(
      circle::BuiltinOptions::DynamicUpdateSliceOptions);
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::DYNAMIC_UPDATE_SLICE, {x, update, starts}, {result},
                           options);
  });
}

namespace {

// An operator of two int32 vectors of equal length.
TensorIndex whole_step(Lowering& l, const GraphNode& node, const char* name, circle::BuiltinOperator code,
                       const Options& options, TensorIndex a, TensorIndex b) {
  const TensorIndex made =
      l.builder.add({l.beside(node, name), l.builder.tensor(a).shape, {vernier::kInt32, {}}});
  l.builder.add_operator(code, {a, b}, {made}, options);
  return made;
}

// Which row of x, and behind them of the new ones, stands at each place: its own, or what SCATTER_ND adds.
TensorIndex picked_rows(Lowering& l, const GraphNode& node, int64_t count, int64_t placed) {
  using Op = circle::BuiltinOperator;
  using Member = circle::BuiltinOptions;
  using Builder = flatbuffers::FlatBufferBuilder;
  constexpr auto kNone = circle::ActivationFunctionType::NONE;
  TensorIndex indices = l.operand(node, 1);
  if (l.element(indices).dtype != vernier::kInt32) {
    const TensorIndex narrow = l.builder.add({l.beside(node, "index"), {placed}, {vernier::kInt32, {}}});
    l.builder.add_operator(
        Op::CAST, {indices}, {narrow},
        {Member::CastOptions, [](Builder& b) {
           return circle::CreateCastOptions(b, circle::TensorType::INT64, circle::TensorType::INT32).Union();
         }});
    indices = narrow;
  }
  const std::vector<int32_t> column = {static_cast<int32_t>(placed), 1};
  const TensorIndex places = l.builder.add({l.beside(node, "column"), {placed, 1}, {vernier::kInt32, {}}});
  l.builder.add_operator(Op::RESHAPE, {indices, l.builder.add_int32(l.beside(node, "shape"), column)},
                         {places}, {Member::ReshapeOptions, [column](Builder& b) {
                                      return circle::CreateReshapeOptionsDirect(b, &column).Union();
                                    }});
  std::vector<int32_t> own(static_cast<size_t>(count)), behind(static_cast<size_t>(placed));
  std::iota(own.begin(), own.end(), 0);
  std::iota(behind.begin(), behind.end(), static_cast<int32_t>(count));
  const TensorIndex moves = whole_step(
      l, node, "moves", Op::SUB,
      {Member::SubOptions, [](Builder& b) { return circle::CreateSubOptions(b, kNone, false).Union(); }},
      l.builder.add_int32(l.beside(node, "new_rows"), behind), indices);
  const TensorIndex scattered = l.builder.add({l.beside(node, "scattered"), {count}, {vernier::kInt32, {}}});
  l.builder.add_operator(
      Op::SCATTER_ND,
      {places, moves, l.builder.add_int32(l.beside(node, "count"), {static_cast<int32_t>(count)})},
      {scattered}, empty_options<circle::ScatterNdOptionsBuilder>(Member::ScatterNdOptions));
  return whole_step(
      l, node, "picks", Op::ADD,
      {Member::AddOptions, [](Builder& b) { return circle::CreateAddOptions(b, kNone, false).Union(); }},
      l.builder.add_int32(l.beside(node, "own_rows"), own), scattered);
}

}  // namespace

// SCATTER_ND has no 16 bits everywhere, and zeros where nothing is placed. So it places row numbers, and
// codes are copied.
void lower_scatter_rows(Lowering& l, const GraphNode& node) {
  check_indices(l, node, 1);
  std::vector<int64_t> shape = l.operand_value(node, 0).shape;
  const int64_t count = shape[0], placed = l.operand_value(node, 2).shape[0];
  const TensorIndex x = operand_as_result(l, node, 0), rows = operand_as_result(l, node, 2);
  const TensorIndex picks = picked_rows(l, node, count, placed);
  shape[0] += placed;
  const TensorIndex all = l.builder.add({l.beside(node, "all_rows"), shape, l.element(x)});
  l.builder.add_operator(
      circle::BuiltinOperator::CONCATENATION, {x, rows}, {all},
      {circle::BuiltinOptions::ConcatenationOptions, [](flatbuffers::FlatBufferBuilder& b) {
         return circle::CreateConcatenationOptions(b, 0, circle::ActivationFunctionType::NONE).Union();
       }});
  const Options options = {circle::BuiltinOptions::GatherOptions, [](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateGatherOptions(b, 0, 0).Union();
                           }};
  l.emit_result(node, [&](TensorIndex result) {
    l.builder.add_operator(circle::BuiltinOperator::GATHER, {all, picks}, {result}, options);
  });
}

}  // namespace circle_backend
