// Convolutions that CONV_2D does not know: over three axes, and transposed.
#include <algorithm>
#include <cstring>

#include "codes.h"
#include "images.h"

namespace circle_backend {

using vernier::DType;
using vernier::GraphNode;
using vernier::GraphValue;

namespace {

void check_one_group(const GraphNode& node, const char* name) {
  if (node.integer("groups") == 1) return;
  Lowering::fail(node, "has " + std::to_string(node.integer("groups")) + " groups; " + name +
                           " has one: split the channels, convolve each part and concat the results");
}

// A bias of codes as what they mean: kernels of reals add reals.
TensorIndex bias_in_float(Lowering& l, const GraphNode& node) {
  const TensorIndex coded = lower_bias(l, node, false);
  const Element& element = l.element(coded);
  if (!element.qparams.is_set()) return coded;
  const std::vector<float>& scale = element.qparams.scale;
  const std::vector<int64_t> codes = unpack(l.constant_bytes(coded), element.dtype);
  std::vector<float> reals(codes.size());
  for (size_t i = 0; i < codes.size(); ++i)
    reals[i] = static_cast<float>(static_cast<double>(codes[i]) * double{scale[scale.size() == 1 ? 0 : i]});
  Data data;
  data.source = Data::Source::kMade;
  data.length = reals.size() * sizeof(float);
  data.bytes.resize(static_cast<size_t>(data.length));
  std::memcpy(data.bytes.data(), reals.data(), data.bytes.size());
  return l.builder.add({l.beside(node, "bias"), l.builder.tensor(coded).shape, {vernier::kFloat32, {}}},
                       std::move(data));
}

}  // namespace

// In float: there are no integer kernels. The weight stays in codes, with a DEQUANTIZE.
void lower_conv3d(Lowering& l, const GraphNode& node) {
  check_one_group(node, "CONV_3D");
  check_weight(l, node);
  const TensorIndex volume =
      channels_last(l, node, l.in_float(l.operand(node, 0)), node.integers("padding"), 0);
  const TensorIndex kernel = l.in_float(rearranged_weight(l, node, {2, 3, 4, 1, 0}, 4));
  std::vector<TensorIndex> inputs = {volume, kernel};
  if (l.has_operand(node, 2)) inputs.push_back(bias_in_float(l, node));
  const Extents stride = node.integers("stride"), dilation = node.integers("dilation");
  const Options options = {circle::BuiltinOptions::Conv3DOptions, [=](flatbuffers::FlatBufferBuilder& b) {
                             const auto as_int = [](int64_t value) { return static_cast<int32_t>(value); };
                             return circle::CreateConv3DOptions(
                                        b, circle::Padding::VALID, as_int(stride[0]), as_int(stride[2]),
                                        as_int(stride[1]), circle::ActivationFunctionType::NONE,
                                        as_int(dilation[0]), as_int(dilation[2]), as_int(dilation[1]))
                                 .Union();
                           }};
  channels_first(l, node, {vernier::kFloat32, {}}, [&](TensorIndex to) {
    l.builder.add_operator(circle::BuiltinOperator::CONV_3D, inputs, {to}, options);
  });
}

namespace {

// How TRANSPOSE_CONV makes a result of these extents: with the padding SAME, or VALID and a SLICE of more.
struct Turned {
  circle::Padding padding = circle::Padding::VALID;
  Extents extents;  // height and width of what it makes
  bool is_sliced = false;
};

Turned turned(const GraphNode& node, const Extents& image, const Extents& kernel, const Extents& result) {
  const Extents stride = node.integers("stride"), cut = node.integers("padding");
  bool is_same = true;
  Extents most;
  for (size_t i = 0; i < 2; ++i) {
    const int64_t count = (result[i + 2] + stride[i] - 1) / stride[i];
    const int64_t around = std::max<int64_t>((count - 1) * stride[i] + kernel[i + 2] - result[i + 2], 0);
    is_same = is_same && count == image[i + 2] && around / 2 == cut[i];
    most.push_back(std::max((image[i + 2] - 1) * stride[i] + kernel[i + 2], cut[i] + result[i + 2]));
  }
  const Extents wanted = {result[2], result[3]};
  if (most == wanted) return {circle::Padding::VALID, wanted, false};
  if (is_same) return {circle::Padding::SAME, wanted, false};
  return {circle::Padding::VALID, most, true};
}

void slice_image(Lowering& l, const GraphNode& node, TensorIndex image, TensorIndex to) {
  const Extents cut = node.integers("padding");
  const std::vector<int64_t>& shape = l.builder.tensor(to).shape;
  const TensorIndex begin = l.builder.add_int32(
      l.beside(node, "begin"), {0, static_cast<int32_t>(cut[0]), static_cast<int32_t>(cut[1]), 0});
  const TensorIndex size = l.builder.add_int32(l.beside(node, "size"), {shape.begin(), shape.end()});
  l.builder.add_operator(circle::BuiltinOperator::SLICE, {image, begin, size}, {to},
                         empty_options<circle::SliceOptionsBuilder>(circle::BuiltinOptions::SliceOptions));
}

void check_turned(const Lowering& l, const GraphNode& node) {
  check_one_group(node, "TRANSPOSE_CONV");
  const Extents dilation = node.integers("dilation");
  if (dilation != Extents{1, 1})
    Lowering::fail(node, "has the dilation [" + std::to_string(dilation[0]) + ", " +
                             std::to_string(dilation[1]) + "], and TRANSPOSE_CONV has none: set it to 1");
  check_weight(l, node);
  if (l.is_tflite() && l.operand_value(node, 1).dtype == vernier::kInt4)
    Lowering::fail(node, "has a weight of int4, which LiteRT does not take there; set \"dtype\": \"int8\"");
}

}  // namespace

void lower_conv_transpose2d(Lowering& l, const GraphNode& node) {
  check_turned(l, node);
  const GraphValue &x = l.operand_value(node, 0), &weight = l.operand_value(node, 1);
  const GraphValue& result = l.result_value(node);
  const DType dtype = result.is_quantized() ? common_dtype({x.dtype, result.dtype}) : x.dtype;
  TensorIndex input = l.operand(node, 0);
  if (x.is_quantized()) input = l.converted(input, as_dtype(l.element(input), dtype));
  input = channels_last(l, node, input, {0, 0}, 0);
  const TensorIndex kernel = rearranged_weight(l, node, {1, 2, 3, 0}, 0);
  const TensorIndex bias = bias_or_zeros(l, node, l.element(input), kernel, weight.shape[1],
                                         dtype.bits == 16 && x.dtype.bits != 16);
  const Turned form = turned(node, x.shape, weight.shape, result.shape);
  const Extents made = {result.shape[0], form.extents[0], form.extents[1], result.shape[1]};
  const TensorIndex extents = l.builder.add_int32(l.beside(node, "extents"), {made.begin(), made.end()});
  const Extents stride = node.integers("stride");
  const Options options = {
      circle::BuiltinOptions::TransposeConvOptions, [form, stride](flatbuffers::FlatBufferBuilder& b) {
        return circle::CreateTransposeConvOptions(b, form.padding, static_cast<int32_t>(stride[1]),
                                                  static_cast<int32_t>(stride[0]))
            .Union();
      }};
  const Element wanted = element_of(result);
  const Element element = wanted.qparams.is_set() ? as_dtype(wanted, dtype) : wanted;
  channels_first(l, node, element, [&](TensorIndex to) {
    const TensorIndex whole = form.is_sliced ? l.builder.add({l.beside(node, "uncut"), made, element}) : to;
    l.builder.add_operator(circle::BuiltinOperator::TRANSPOSE_CONV, {extents, kernel, input, bias}, {whole},
                           options);
    if (form.is_sliced) slice_image(l, node, whole, to);
  });
}

}  // namespace circle_backend
