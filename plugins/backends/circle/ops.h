// How each op of the graph is written; one function an op, grouped by what they share.
#pragma once

#include "lowering.h"

namespace circle_backend {

// Matrices: weights and their scales.
void lower_linear(Lowering& l, const vernier::GraphNode& node);
void lower_matmul(Lowering& l, const vernier::GraphNode& node);
void lower_rms_norm(Lowering& l, const vernier::GraphNode& node);
void lower_embedding(Lowering& l, const vernier::GraphNode& node);

// Always in float.
void lower_layer_norm(Lowering& l, const vernier::GraphNode& node);
void lower_cos(Lowering& l, const vernier::GraphNode& node);
void lower_sin(Lowering& l, const vernier::GraphNode& node);
void lower_exp(Lowering& l, const vernier::GraphNode& node);
void lower_log(Lowering& l, const vernier::GraphNode& node);
void lower_floor(Lowering& l, const vernier::GraphNode& node);
void lower_pow(Lowering& l, const vernier::GraphNode& node);
void lower_cumsum(Lowering& l, const vernier::GraphNode& node);

// Arithmetic: any qparams in and out.
void lower_add(Lowering& l, const vernier::GraphNode& node);
void lower_sub(Lowering& l, const vernier::GraphNode& node);
void lower_mul(Lowering& l, const vernier::GraphNode& node);
void lower_div(Lowering& l, const vernier::GraphNode& node);
void lower_neg(Lowering& l, const vernier::GraphNode& node);
void lower_rsqrt(Lowering& l, const vernier::GraphNode& node);
void lower_sqrt(Lowering& l, const vernier::GraphNode& node);
void lower_abs(Lowering& l, const vernier::GraphNode& node);
void lower_square(Lowering& l, const vernier::GraphNode& node);

// Reductions: sum and mean as arithmetic; max, min and argmax read codes of any qparams, and max and min keep
// them.
void lower_mean(Lowering& l, const vernier::GraphNode& node);
void lower_sum(Lowering& l, const vernier::GraphNode& node);
void lower_max(Lowering& l, const vernier::GraphNode& node);
void lower_min(Lowering& l, const vernier::GraphNode& node);
void lower_argmax(Lowering& l, const vernier::GraphNode& node);

// Choices: operands are brought to the result's qparams first. Rounding keeps the order, so that is the same
// as rounding what was chosen.
void lower_maximum(Lowering& l, const vernier::GraphNode& node);
void lower_minimum(Lowering& l, const vernier::GraphNode& node);
void lower_where(Lowering& l, const vernier::GraphNode& node);

// Truth values, which are plain bools.
void lower_equal(Lowering& l, const vernier::GraphNode& node);
void lower_not_equal(Lowering& l, const vernier::GraphNode& node);
void lower_less(Lowering& l, const vernier::GraphNode& node);
void lower_less_equal(Lowering& l, const vernier::GraphNode& node);
void lower_greater(Lowering& l, const vernier::GraphNode& node);
void lower_greater_equal(Lowering& l, const vernier::GraphNode& node);
void lower_logical_and(Lowering& l, const vernier::GraphNode& node);
void lower_logical_or(Lowering& l, const vernier::GraphNode& node);
void lower_logical_not(Lowering& l, const vernier::GraphNode& node);

// Activations: sigmoid, tanh and softmax have the qparams that the consumer's lowering fixed; clamp keeps its
// input's.
void lower_sigmoid(Lowering& l, const vernier::GraphNode& node);
void lower_tanh(Lowering& l, const vernier::GraphNode& node);
void lower_softmax(Lowering& l, const vernier::GraphNode& node);
void lower_silu(Lowering& l, const vernier::GraphNode& node);
void lower_gelu(Lowering& l, const vernier::GraphNode& node);
void lower_relu(Lowering& l, const vernier::GraphNode& node);
void lower_clamp(Lowering& l, const vernier::GraphNode& node);

// Views: the input's qparams go through.
void lower_reshape(Lowering& l, const vernier::GraphNode& node);
void lower_permute(Lowering& l, const vernier::GraphNode& node);
void lower_slice(Lowering& l, const vernier::GraphNode& node);
void lower_concat(Lowering& l, const vernier::GraphNode& node);

void lower_expand(Lowering& l, const vernier::GraphNode& node);
void lower_gather(Lowering& l, const vernier::GraphNode& node);
void lower_strided_slice(Lowering& l, const vernier::GraphNode& node);
void lower_split(Lowering& l, const vernier::GraphNode& node);
void lower_topk(Lowering& l, const vernier::GraphNode& node);

// What is placed has the result's qparams first.
void lower_pad(Lowering& l, const vernier::GraphNode& node);
void lower_dynamic_update_slice(Lowering& l, const vernier::GraphNode& node);
void lower_scatter_rows(Lowering& l, const vernier::GraphNode& node);

// Plain numbers.
void lower_cast(Lowering& l, const vernier::GraphNode& node);
void lower_floor_div(Lowering& l, const vernier::GraphNode& node);
void lower_remainder(Lowering& l, const vernier::GraphNode& node);
void lower_one_hot(Lowering& l, const vernier::GraphNode& node);
void lower_range(Lowering& l, const vernier::GraphNode& node);

// Images and volumes: between two TRANSPOSE.
void lower_conv1d(Lowering& l, const vernier::GraphNode& node);
void lower_conv2d(Lowering& l, const vernier::GraphNode& node);
void lower_conv3d(Lowering& l, const vernier::GraphNode& node);
void lower_conv_transpose2d(Lowering& l, const vernier::GraphNode& node);
void lower_max_pool2d(Lowering& l, const vernier::GraphNode& node);
void lower_avg_pool2d(Lowering& l, const vernier::GraphNode& node);
void lower_resize_bilinear(Lowering& l, const vernier::GraphNode& node);

// Between float and codes.
void lower_quantize(Lowering& l, const vernier::GraphNode& node);
void lower_dequantize(Lowering& l, const vernier::GraphNode& node);

// What LiteRT computes in float32 between DEQUANTIZE and QUANTIZE.
void lower_rms_norm_in_float(Lowering& l, const vernier::GraphNode& node);
void lower_embedding_in_float(Lowering& l, const vernier::GraphNode& node);
// One operator without integer kernel.
void lower_in_float(Lowering& l, const vernier::GraphNode& node, circle::BuiltinOperator code,
                    const Options& options);

// Attribute `name` as an axis from the front of `rank` axes.
int32_t axis_of(const vernier::GraphNode& node, int64_t axis, size_t rank);

// Throws where the format's consumers do not take the constant weight, operand 1: its type, its scales.
void check_weight(const Lowering& l, const vernier::GraphNode& node);
// The bias, operand 2, kNoTensor where there is none. `is_widened`: its input was brought to int16.
TensorIndex lower_bias(Lowering& l, const vernier::GraphNode& node, bool is_widened);

// Operand `i` of the result's own type and qparams.
TensorIndex operand_as_result(Lowering& l, const vernier::GraphNode& node, size_t i);
// The result has the qparams of the first input; QUANTIZE where it wants others.
void emit_view(Lowering& l, const vernier::GraphNode& node, circle::BuiltinOperator code,
               const std::vector<TensorIndex>& inputs, const Options& options);
// The operand that says how many elements stand before and behind each axis.
TensorIndex paddings(Lowering& l, const vernier::GraphNode& node, const std::vector<int64_t>& before,
                     const std::vector<int64_t>& after);
// `x` with `value` around it, in x's own codes; `with_result` calls what it is given with the result.
void emit_pad(Lowering& l, const vernier::GraphNode& node, TensorIndex x, TensorIndex sides, double value,
              const std::function<void(const std::function<void(TensorIndex)>&)>& with_result);

// One operator on operands brought to one code type: the result's element in that type, and the operands.
void lower_elementwise(Lowering& l, const vernier::GraphNode& node, circle::BuiltinOperator code,
                       const Options& options);
// The code type that operands and result of `node` can share; the operands' own where they are not quantized.
vernier::DType shared_dtype(const Lowering& l, const vernier::GraphNode& node);
// Operand `i` in that type.
TensorIndex shared_operand(Lowering& l, const vernier::GraphNode& node, size_t i);
// The result's element in that type.
Element shared_result(const Lowering& l, const vernier::GraphNode& node);

}  // namespace circle_backend
