#include "kernels.h"

namespace circle_executor {

namespace {

using Op = circle::BuiltinOperator;

constexpr size_t kAny = static_cast<size_t>(-1);
constexpr KernelRow kKernels[] = {{Op::FULLY_CONNECTED, fully_connected, 2, 3},
                                  {Op::BATCH_MATMUL, batch_matmul, 2, 2},
                                  {Op::RMS_NORM, rms_norm, 2, 2},
                                  {Op::GATHER, gather, 2, 2},
                                  {Op::ADD, binary, 2, 2},
                                  {Op::SUB, binary, 2, 2},
                                  {Op::MUL, binary, 2, 2},
                                  {Op::DIV, binary, 2, 2},
                                  {Op::MINIMUM, binary, 2, 2},
                                  {Op::MAXIMUM, binary, 2, 2},
                                  {Op::SQUARED_DIFFERENCE, binary, 2, 2},
                                  {Op::POW, binary, 2, 2},
                                  {Op::NEG, unary, 1, 1},
                                  {Op::ABS, unary, 1, 1},
                                  {Op::SQUARE, unary, 1, 1},
                                  {Op::FLOOR, unary, 1, 1},
                                  {Op::SQRT, unary, 1, 1},
                                  {Op::RSQRT, unary, 1, 1},
                                  {Op::EXP, unary, 1, 1},
                                  {Op::LOG, unary, 1, 1},
                                  {Op::SIN, unary, 1, 1},
                                  {Op::COS, unary, 1, 1},
                                  {Op::LOGISTIC, unary, 1, 1},
                                  {Op::TANH, unary, 1, 1},
                                  {Op::RELU, unary, 1, 1},
                                  {Op::RELU6, unary, 1, 1},
                                  {Op::RELU_N1_TO_1, unary, 1, 1},
                                  {Op::GELU, gelu, 1, 1},
                                  {Op::SOFTMAX, softmax, 1, 1},
                                  {Op::MEAN, sum_or_mean, 2, 2},
                                  {Op::SUM, sum_or_mean, 2, 2},
                                  {Op::REDUCE_MAX, extreme_element, 2, 2},
                                  {Op::REDUCE_MIN, extreme_element, 2, 2},
                                  {Op::ARG_MAX, arg_max, 2, 2},
                                  {Op::CUMSUM, cumsum, 2, 2},
                                  {Op::EQUAL, compare, 2, 2},
                                  {Op::NOT_EQUAL, compare, 2, 2},
                                  {Op::LESS, compare, 2, 2},
                                  {Op::LESS_EQUAL, compare, 2, 2},
                                  {Op::GREATER, compare, 2, 2},
                                  {Op::GREATER_EQUAL, compare, 2, 2},
                                  {Op::LOGICAL_AND, logical, 2, 2},
                                  {Op::LOGICAL_OR, logical, 2, 2},
                                  {Op::LOGICAL_NOT, logical_not, 1, 1},
                                  {Op::SELECT_V2, choose, 3, 3},
                                  {Op::RESHAPE, reshape, 1, 2},
                                  {Op::SQUEEZE, reshape, 1, 1},
                                  {Op::TRANSPOSE, transpose, 2, 2},
                                  {Op::SLICE, slice, 3, 3},
                                  {Op::STRIDED_SLICE, strided_slice, 4, 4},
                                  {Op::CONCATENATION, concatenation, 1, kAny},
                                  {Op::BROADCAST_TO, broadcast_to, 2, 2},
                                  {Op::SPLIT, split, 2, 2, kAny},
                                  {Op::SPLIT_V, split_v, 3, 3, kAny},
                                  {Op::PAD, pad, 2, 2},
                                  {Op::PADV2, pad, 3, 3},
                                  {Op::DYNAMIC_UPDATE_SLICE, dynamic_update_slice, 3, 3},
                                  {Op::SCATTER_ND, scatter_nd, 3, 3},
                                  {Op::ONE_HOT, one_hot, 4, 4},
                                  {Op::RANGE, range, 3, 3},
                                  {Op::FLOOR_DIV, divide_whole, 2, 2},
                                  {Op::FLOOR_MOD, divide_whole, 2, 2},
                                  {Op::TOPK_V2, top_k, 2, 2, 2},
                                  {Op::CONV_2D, conv_2d, 2, 3},
                                  {Op::DEPTHWISE_CONV_2D, depthwise_conv_2d, 2, 3},
                                  {Op::CONV_3D, conv_3d, 2, 3},
                                  {Op::TRANSPOSE_CONV, transpose_conv, 3, 4},
                                  {Op::AVERAGE_POOL_2D, average_pool_2d, 1, 1},
                                  {Op::MAX_POOL_2D, max_pool_2d, 1, 1},
                                  {Op::RESIZE_BILINEAR, resize_bilinear, 2, 2},
                                  {Op::QUANTIZE, convert, 1, 1},
                                  {Op::DEQUANTIZE, convert, 1, 1},
                                  {Op::CAST, cast, 1, 1}};

}  // namespace

const KernelRow* find_kernel(circle::BuiltinOperator code) {
  for (const KernelRow& row : kKernels) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

}  // namespace circle_executor
