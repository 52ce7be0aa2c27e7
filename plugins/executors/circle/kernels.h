// The operators that are run: one function a kernel, one row an operator.
#pragma once

#include <cstddef>

#include "call.h"

namespace circle_executor {

// Checks the operands and fills the results. Throws Error.
using Kernel = void (*)(const Call&);

struct KernelRow {
  circle::BuiltinOperator code;
  Kernel run;
  size_t least_inputs;
  size_t most_inputs;
  size_t most_results = 1;
};

// Null where the operator is not run here.
const KernelRow* find_kernel(circle::BuiltinOperator code);

// kernels_matrix.cpp
void fully_connected(const Call& call);
void batch_matmul(const Call& call);
// kernels_binary.cpp: ADD SUB MUL DIV MINIMUM MAXIMUM SQUARED_DIFFERENCE POW
void binary(const Call& call);
// kernels_unary.cpp: NEG ABS SQUARE FLOOR SQRT RSQRT EXP LOG SIN COS LOGISTIC TANH RELU RELU6 RELU_N1_TO_1
void unary(const Call& call);
void gelu(const Call& call);
// kernels_reduce.cpp
void sum_or_mean(const Call& call);
// kernels_pick.cpp: REDUCE_MAX REDUCE_MIN, ARG_MAX; NaN is beyond all
void extreme_element(const Call& call);
void arg_max(const Call& call);
void top_k(const Call& call);
// kernels_logic.cpp: EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL, LOGICAL_AND LOGICAL_OR
void compare(const Call& call);
void logical(const Call& call);
void logical_not(const Call& call);
void choose(const Call& call);
// kernels_rows.cpp: along an axis
void cumsum(const Call& call);
void softmax(const Call& call);
void rms_norm(const Call& call);
// kernels_view.cpp: the same reals at other places
void reshape(const Call& call);
void transpose(const Call& call);
void slice(const Call& call);
void strided_slice(const Call& call);
void concatenation(const Call& call);
void broadcast_to(const Call& call);
void split(const Call& call);
void split_v(const Call& call);
// kernels_place.cpp: PAD PADV2, and what is made of places
void pad(const Call& call);
void dynamic_update_slice(const Call& call);
void scatter_nd(const Call& call);
void one_hot(const Call& call);
void range(const Call& call);
// kernels_whole.cpp: FLOOR_DIV FLOOR_MOD
void divide_whole(const Call& call);
// kernels_window.cpp: images [N, H, W, C]
void conv_2d(const Call& call);
void depthwise_conv_2d(const Call& call);
void average_pool_2d(const Call& call);
void max_pool_2d(const Call& call);
void resize_bilinear(const Call& call);
// kernels_volume.cpp: volumes [N, D, H, W, C], and images that windows make
void conv_3d(const Call& call);
void transpose_conv(const Call& call);
// kernels_convert.cpp: the same reals in other codes
void convert(const Call& call);
void cast(const Call& call);
void gather(const Call& call);

}  // namespace circle_executor
