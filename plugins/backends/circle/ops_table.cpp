#include "ops.h"

namespace circle_backend {

namespace {

struct OpRow {
  std::string_view op;
  LowerNode lower;
};

constexpr OpRow kLowerings[] = {{"linear", lower_linear},
                                {"matmul", lower_matmul},
                                {"add", lower_add},
                                {"sub", lower_sub},
                                {"mul", lower_mul},
                                {"div", lower_div},
                                {"neg", lower_neg},
                                {"rsqrt", lower_rsqrt},
                                {"sqrt", lower_sqrt},
                                {"mean", lower_mean},
                                {"reshape", lower_reshape},
                                {"permute", lower_permute},
                                {"slice", lower_slice},
                                {"concat", lower_concat},
                                {"softmax", lower_softmax},
                                {"gelu", lower_gelu},
                                {"silu", lower_silu},
                                {"sigmoid", lower_sigmoid},
                                {"tanh", lower_tanh},
                                {"relu", lower_relu},
                                {"clamp", lower_clamp},
                                {"rms_norm", lower_rms_norm},
                                {"layer_norm", lower_layer_norm},
                                {"embedding", lower_embedding},
                                {"cos", lower_cos},
                                {"sin", lower_sin},
                                {"exp", lower_exp},
                                {"log", lower_log},
                                {"floor", lower_floor},
                                {"pow", lower_pow},
                                {"cumsum", lower_cumsum},
                                {"abs", lower_abs},
                                {"square", lower_square},
                                {"maximum", lower_maximum},
                                {"minimum", lower_minimum},
                                {"equal", lower_equal},
                                {"not_equal", lower_not_equal},
                                {"less", lower_less},
                                {"less_equal", lower_less_equal},
                                {"greater", lower_greater},
                                {"greater_equal", lower_greater_equal},
                                {"logical_and", lower_logical_and},
                                {"logical_or", lower_logical_or},
                                {"logical_not", lower_logical_not},
                                {"where", lower_where},
                                {"sum", lower_sum},
                                {"max", lower_max},
                                {"min", lower_min},
                                {"argmax", lower_argmax},
                                {"expand", lower_expand},
                                {"gather", lower_gather},
                                {"strided_slice", lower_strided_slice},
                                {"split", lower_split},
                                {"topk", lower_topk},
                                {"pad", lower_pad},
                                {"dynamic_update_slice", lower_dynamic_update_slice},
                                {"scatter_rows", lower_scatter_rows},
                                {"cast", lower_cast},
                                {"floor_div", lower_floor_div},
                                {"remainder", lower_remainder},
                                {"one_hot", lower_one_hot},
                                {"range", lower_range},
                                {"conv1d", lower_conv1d},
                                {"conv2d", lower_conv2d},
                                {"conv3d", lower_conv3d},
                                {"conv_transpose2d", lower_conv_transpose2d},
                                {"max_pool2d", lower_max_pool2d},
                                {"avg_pool2d", lower_avg_pool2d},
                                {"resize_bilinear", lower_resize_bilinear},
                                {"quantize", lower_quantize},
                                {"requantize", lower_quantize},
                                {"dequantize", lower_dequantize}};

}  // namespace

LowerNode find_lowering(std::string_view op) {
  for (const OpRow& row : kLowerings) {
    if (row.op == op) return row.lower;
  }
  return nullptr;
}

}  // namespace circle_backend
