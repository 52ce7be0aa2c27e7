#include "images.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "codes.h"

namespace circle_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

using Op = circle::BuiltinOperator;

// 0, 2, 3, …, 1
std::vector<int32_t> to_last(size_t rank) {
  std::vector<int32_t> axes(rank);
  std::iota(axes.begin() + 1, axes.end() - 1, 2);
  axes.back() = 1;
  return axes;
}
// 0, last, 1, 2, …
std::vector<int32_t> to_second(size_t rank) {
  std::vector<int32_t> axes(rank);
  std::iota(axes.begin() + 2, axes.end(), 1);
  axes[1] = static_cast<int32_t>(rank) - 1;
  return axes;
}

void transpose(Lowering& l, const GraphNode& node, TensorIndex x, const std::vector<int32_t>& axes,
               TensorIndex to) {
  const TensorIndex perm = l.builder.add_int32(l.beside(node, "perm"), axes);
  l.builder.add_operator(
      Op::TRANSPOSE, {x, perm}, {to},
      empty_options<circle::TransposeOptionsBuilder>(circle::BuiltinOptions::TransposeOptions));
}

// A signal of one axis is an image of height 1.
TensorIndex reshaped(Lowering& l, const GraphNode& node, TensorIndex x, const Extents& shape,
                     TensorIndex to) {
  const std::vector<int32_t> extents(shape.begin(), shape.end());
  const TensorIndex shape_tensor = l.builder.add_int32(l.beside(node, "shape"), extents);
  const Options options = {circle::BuiltinOptions::ReshapeOptions,
                           [extents](flatbuffers::FlatBufferBuilder& b) {
                             return circle::CreateReshapeOptionsDirect(b, &extents).Union();
                           }};
  if (to == kNoTensor) to = l.builder.add({l.beside(node, "image"), shape, l.element(x)});
  l.builder.add_operator(Op::RESHAPE, {x, shape_tensor}, {to}, options);
  return to;
}

}  // namespace

Extents permuted(const Extents& shape, const std::vector<int32_t>& axes) {
  Extents result;
  for (const int32_t axis : axes) result.push_back(shape[static_cast<size_t>(axis)]);
  return result;
}

TensorIndex channels_last(Lowering& l, const GraphNode& node, TensorIndex x, const Extents& pads,
                          double value) {
  Extents shape = l.builder.tensor(x).shape;
  if (shape.size() == 3) {
    shape.insert(shape.begin() + 2, 1);
    x = reshaped(l, node, x, shape, kNoTensor);
  }
  const std::vector<int32_t> axes = to_last(shape.size());
  const TensorIndex last = l.builder.add({l.beside(node, "nhwc"), permuted(shape, axes), l.element(x)});
  transpose(l, node, x, axes, last);
  if (std::all_of(pads.begin(), pads.end(), [](int64_t each) { return each == 0; })) return last;
  Extents padded = permuted(shape, axes), around(shape.size());
  for (size_t axis = 0; axis < pads.size(); ++axis) {
    around[axis + 1] = pads[axis];
    padded[axis + 1] += 2 * pads[axis];
  }
  const TensorIndex sides = paddings(l, node, around, around);
  const TensorIndex result = l.builder.add({l.beside(node, "padded"), padded, l.element(last)});
  emit_pad(l, node, last, sides, value, [&](const auto& emit) { emit(result); });
  return result;
}

void channels_first(Lowering& l, const GraphNode& node, const Element& element,
                    const std::function<void(TensorIndex)>& emit) {
  Extents shape = l.result_value(node).shape;
  const bool is_signal = shape.size() == 3;
  if (is_signal) shape.insert(shape.begin() + 2, 1);
  const TensorIndex last =
      l.builder.add({l.beside(node, "result_nhwc"), permuted(shape, to_last(shape.size())), element});
  emit(last);
  l.emit_result(node, element, [&](TensorIndex result) {
    if (!is_signal) return transpose(l, node, last, to_second(shape.size()), result);
    const TensorIndex image = l.builder.add({l.beside(node, "result_image"), shape, element});
    transpose(l, node, last, to_second(shape.size()), image);
    reshaped(l, node, image, l.result_value(node).shape, result);
  });
}

TensorIndex rearranged_weight(Lowering& l, const GraphNode& node, const std::vector<int32_t>& axes,
                              int64_t channel_axis) {
  const GraphValue& weight = l.operand_value(node, 1);
  Extents shape = weight.shape;
  if (shape.size() == 3) shape.insert(shape.begin() + 2, 1);
  const TensorIndex original = l.operand(node, 1, Lowering::Scales::kAny);
  const DType dtype = l.element(original).dtype;
  const std::vector<int64_t> codes = unpack(l.constant_bytes(original), dtype);
  const Extents to = permuted(shape, axes);
  Extents steps(shape.size(), 1), at(shape.size());
  for (size_t axis = shape.size() - 1; axis-- > 0;) steps[axis] = steps[axis + 1] * shape[axis + 1];
  std::vector<int64_t> moved(
      static_cast<size_t>(std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>())));
  for (int64_t& code : moved) {
    int64_t from = 0;
    for (size_t axis = 0; axis < at.size(); ++axis) from += at[axis] * steps[static_cast<size_t>(axes[axis])];
    code = codes[static_cast<size_t>(from)];
    for (size_t axis = at.size(); axis-- > 0 && ++at[axis] == to[axis];) at[axis] = 0;
  }
  Element element = l.element(original);
  if (element.qparams.scale.size() > 1) element.qparams.axis = channel_axis;
  return l.builder.add({std::string(weight.name), to, element}, made(moved, dtype));
}

TensorIndex bias_or_zeros(Lowering& l, const GraphNode& node, const Element& input, TensorIndex weight,
                          int64_t outputs, bool is_widened) {
  if (l.has_operand(node, 2)) return lower_bias(l, node, is_widened);
  const std::vector<int64_t> zeros(static_cast<size_t>(outputs));
  if (!input.qparams.is_set())
    return l.builder.add({l.beside(node, "bias"), {outputs}, {vernier::kFloat32, {}}},
                         made(zeros, vernier::kInt32));
  const DType dtype = input.dtype.bits == 16 ? vernier::kInt64 : vernier::kInt32;
  QParams qparams = l.element(weight).qparams;
  for (float& scale : qparams.scale) scale *= input.qparams.scale.front();
  std::fill(qparams.zero_point.begin(), qparams.zero_point.end(), 0);
  if (!qparams.is_per_tensor()) qparams.axis = 0;
  return l.builder.add({l.beside(node, "bias"), {outputs}, {dtype, qparams}}, made(zeros, dtype));
}

}  // namespace circle_backend
