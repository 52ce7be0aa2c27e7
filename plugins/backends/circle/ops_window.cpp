// Images: a TRANSPOSE stands on either side, and weights are written in the order that the kernels read.
#include <algorithm>
#include <limits>

#include "images.h"

namespace circle_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

using Op = circle::BuiltinOperator;

constexpr auto kNone = circle::ActivationFunctionType::NONE;

// Attributes of one axis are those of an image of height 1.
Extents two_of(const GraphNode& node, const char* name, int64_t missing) {
  Extents values = node.integers(name);
  if (values.size() == 1) values.insert(values.begin(), missing);
  return values;
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
      bias_or_zeros(l, node, l.element(input), kernel, outputs, dtype.bits == 16 && x.dtype.bits != 16);
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
