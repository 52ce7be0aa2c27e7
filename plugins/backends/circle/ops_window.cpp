// Images. The graph has channels before height and width, Circle behind them: a TRANSPOSE stands on either
// side, and weights are written in the order that the kernels read.
#include <algorithm>
#include <limits>

#include "codes.h"
#include "ops.h"

namespace circle_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

using Op = circle::BuiltinOperator;
using Extents = std::vector<int64_t>;

constexpr auto kNone = circle::ActivationFunctionType::NONE;

Extents permuted(const Extents& shape, const std::vector<int32_t>& axes) {
  Extents result;
  for (const int32_t axis : axes) result.push_back(shape[static_cast<size_t>(axis)]);
  return result;
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

// [N, C, H, W] or [N, C, W] as [N, H, W, C], and `pads` around height and width.
TensorIndex channels_last(Lowering& l, const GraphNode& node, TensorIndex x, const Extents& pads,
                          double value) {
  Extents shape = l.builder.tensor(x).shape;
  if (shape.size() == 3) {
    shape.insert(shape.begin() + 2, 1);
    x = reshaped(l, node, x, shape, kNoTensor);
  }
  const std::vector<int32_t> axes = {0, 2, 3, 1};
  const TensorIndex last = l.builder.add({l.beside(node, "nhwc"), permuted(shape, axes), l.element(x)});
  transpose(l, node, x, axes, last);
  if (std::all_of(pads.begin(), pads.end(), [](int64_t each) { return each == 0; })) return last;
  Extents padded = permuted(shape, axes);
  padded[1] += 2 * pads[0];
  padded[2] += 2 * pads[1];
  const Extents around = {0, pads[0], pads[1], 0};
  const TensorIndex sides = paddings(l, node, around, around);
  const TensorIndex result = l.builder.add({l.beside(node, "padded"), padded, l.element(last)});
  emit_pad(l, node, last, sides, value, [&](const auto& emit) { emit(result); });
  return result;
}

// What `emit` makes with channels last becomes the node's result.
void channels_first(Lowering& l, const GraphNode& node, const Element& element,
                    const std::function<void(TensorIndex)>& emit) {
  Extents shape = l.result_value(node).shape;
  const bool is_signal = shape.size() == 3;
  if (is_signal) shape.insert(shape.begin() + 2, 1);
  const TensorIndex last =
      l.builder.add({l.beside(node, "result_nhwc"), permuted(shape, {0, 2, 3, 1}), element});
  emit(last);
  l.emit_result(node, element, [&](TensorIndex result) {
    if (!is_signal) return transpose(l, node, last, {0, 3, 1, 2}, result);
    const TensorIndex image = l.builder.add({l.beside(node, "result_image"), shape, element});
    transpose(l, node, last, {0, 3, 1, 2}, image);
    reshaped(l, node, image, l.result_value(node).shape, result);
  });
}

// Attributes of one axis are those of an image of height 1.
Extents two_of(const GraphNode& node, const char* name, int64_t missing) {
  Extents values = node.integers(name);
  if (values.size() == 1) values.insert(values.begin(), missing);
  return values;
}

// Elements of [out, in / groups, H, W] (W alone for a signal) in the order of `axes`.
TensorIndex rearranged_weight(Lowering& l, const GraphNode& node, const std::vector<int32_t>& axes,
                              int64_t channel_axis) {
  const GraphValue& weight = l.operand_value(node, 1);
  Extents shape = weight.shape;
  if (shape.size() == 3) shape.insert(shape.begin() + 2, 1);
  const TensorIndex original = l.operand(node, 1, Lowering::Scales::kAny);
  const DType dtype = l.element(original).dtype;
  const std::vector<int64_t> codes = unpack(l.constant_bytes(original), dtype);
  const Extents to = permuted(shape, axes);
  Extents steps(4, 1);
  for (size_t axis = 3; axis-- > 0;) steps[axis] = steps[axis + 1] * shape[axis + 1];
  std::vector<int64_t> moved;
  for (int64_t a = 0; a < to[0]; ++a)
    for (int64_t b = 0; b < to[1]; ++b)
      for (int64_t c = 0; c < to[2]; ++c)
        for (int64_t d = 0; d < to[3]; ++d) {
          const Extents at = {a, b, c, d};
          int64_t from = 0;
          for (size_t axis = 0; axis < 4; ++axis) from += at[axis] * steps[static_cast<size_t>(axes[axis])];
          moved.push_back(codes[static_cast<size_t>(from)]);
        }
  Element element = l.element(original);
  if (element.qparams.scale.size() > 1) element.qparams.axis = channel_axis;
  return l.builder.add({std::string(weight.name), to, element}, made(moved, dtype));
}

// Consumers want a bias: zeros where the graph has none.
TensorIndex bias_or_zeros(Lowering& l, const GraphNode& node, const Element& input, TensorIndex weight,
                          bool is_widened) {
  if (l.has_operand(node, 2)) return lower_bias(l, node, is_widened);
  const int64_t outputs = l.operand_value(node, 1).shape[0];
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

void lower_conv(Lowering& l, const GraphNode& node) {
  const GraphValue &x = l.operand_value(node, 0), &weight = l.operand_value(node, 1);
  const GraphValue& result = l.result_value(node);
  check_weight(l, node);
  const DType dtype = result.is_quantized() ? common_dtype({x.dtype, result.dtype}) : x.dtype;
  TensorIndex input = l.operand(node, 0);
  if (x.is_quantized()) input = l.converted(input, as_dtype(l.element(input), dtype));
  input = channels_last(l, node, input, two_of(node, "padding", 0), 0);
  const int64_t channels = x.shape[1], outputs = weight.shape[0], groups = node.integer("groups");
  const bool is_depthwise = groups == channels && groups > 1;
  const TensorIndex kernel = is_depthwise ? rearranged_weight(l, node, {1, 2, 3, 0}, 3)
                                          : rearranged_weight(l, node, {0, 2, 3, 1}, 0);
  const TensorIndex bias =
      bias_or_zeros(l, node, l.element(input), kernel, dtype.bits == 16 && x.dtype.bits != 16);
  const Extents stride = two_of(node, "stride", 1), dilation = two_of(node, "dilation", 1);
  const auto as_int = [](int64_t value) { return static_cast<int32_t>(value); };
  Options options = {circle::BuiltinOptions::Conv2DOptions, [=](flatbuffers::FlatBufferBuilder& b) {
                       return circle::CreateConv2DOptions(b, circle::Padding::VALID, as_int(stride[1]),
                                                          as_int(stride[0]), kNone, as_int(dilation[1]),
                                                          as_int(dilation[0]))
                           .Union();
                     }};
  if (is_depthwise) {
    options = {circle::BuiltinOptions::DepthwiseConv2DOptions, [=](flatbuffers::FlatBufferBuilder& b) {
                 return circle::CreateDepthwiseConv2DOptions(b, circle::Padding::VALID, as_int(stride[1]),
                                                             as_int(stride[0]), as_int(outputs / channels),
                                                             kNone, as_int(dilation[1]), as_int(dilation[0]))
                     .Union();
               }};
  }
  const Element wanted = element_of(result);
  channels_first(l, node, wanted.qparams.is_set() ? as_dtype(wanted, dtype) : wanted, [&](TensorIndex to) {
    l.builder.add_operator(is_depthwise ? Op::DEPTHWISE_CONV_2D : Op::CONV_2D, {input, kernel, bias}, {to},
                           options);
  });
}

Options pool_options(const GraphNode& node) {
  const Extents kernel = node.integers("kernel"), stride = node.integers("stride");
  return {circle::BuiltinOptions::Pool2DOptions, [=](flatbuffers::FlatBufferBuilder& b) {
            return circle::CreatePool2DOptions(b, circle::Padding::VALID, static_cast<int32_t>(stride[1]),
                                               static_cast<int32_t>(stride[0]),
                                               static_cast<int32_t>(kernel[1]),
                                               static_cast<int32_t>(kernel[0]), kNone)
                .Union();
          }};
}

}  // namespace

void lower_conv1d(Lowering& l, const GraphNode& node) { lower_conv(l, node); }
void lower_conv2d(Lowering& l, const GraphNode& node) { lower_conv(l, node); }

// The greatest code, with codes that are never greater around; the operand's qparams stay.
void lower_max_pool2d(Lowering& l, const GraphNode& node) {
  const TensorIndex x = l.operand(node, 0);
  const Element element = l.element(x);
  const double lowest = element.qparams.is_set() ? -1e300 : std::numeric_limits<float>::lowest();
  const TensorIndex image = channels_last(l, node, x, node.integers("padding"), lowest);
  channels_first(l, node, element, [&](TensorIndex to) {
    l.builder.add_operator(Op::MAX_POOL_2D, {image}, {to}, pool_options(node));
  });
}

// The kernels of codes want one grid on both sides; between two the mean is made in float and rounded once.
void lower_avg_pool2d(Lowering& l, const GraphNode& node) {
  const Extents pads = node.integers("padding");
  if (node.integer("count_padding") == 0 &&
      std::any_of(pads.begin(), pads.end(), [](int64_t each) { return each != 0; }))
    Lowering::fail(node,
                   "leaves padding out of its means, which Circle has for no padding of its own; set "
                   "count_padding, or pad before");
  const auto emit = [&](TensorIndex x, const Element& element) {
    const TensorIndex image = channels_last(l, node, x, pads, 0);
    channels_first(l, node, element, [&](TensorIndex to) {
      l.builder.add_operator(Op::AVERAGE_POOL_2D, {image}, {to}, pool_options(node));
    });
  };
  const TensorIndex x = l.operand(node, 0);
  if (l.element(x) == element_of(l.result_value(node))) return emit(x, l.element(x));
  emit(l.in_float(x), {vernier::kFloat32, {}});
}

// In float: integer kernels round the four shares one after the other.
void lower_resize_bilinear(Lowering& l, const GraphNode& node) {
  const Extents size = node.integers("size");
  const bool align = node.integer("align_corners") != 0;
  const TensorIndex image = channels_last(l, node, l.in_float(l.operand(node, 0)), {0, 0}, 0);
  const TensorIndex extents = l.builder.add_int32(
      l.beside(node, "size"), {static_cast<int32_t>(size[0]), static_cast<int32_t>(size[1])});
  const Options options = {circle::BuiltinOptions::ResizeBilinearOptions,
                           [align, size](flatbuffers::FlatBufferBuilder& b) {
                             circle::ResizeBilinearOptionsBuilder made(b);
                             made.add_align_corners(align);
                             made.add_half_pixel_centers(!align);
                             return made.Finish().Union();
                           }};
  channels_first(l, node, {vernier::kFloat32, {}}, [&](TensorIndex to) {
    l.builder.add_operator(Op::RESIZE_BILINEAR, {image, extents}, {to}, options);
  });
}

}  // namespace circle_backend
