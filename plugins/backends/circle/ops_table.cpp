#include "ops.h"

namespace circle_backend {

LowerNode find_lowering(std::string_view op) {
  struct Row {
    std::string_view op;
    LowerNode lower;
  };
  static constexpr Row kRows[] = {{"linear", lower_linear},
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
                                  {"quantize", lower_quantize},
                                  {"requantize", lower_quantize},
                                  {"dequantize", lower_dequantize}};
  for (const Row& row : kRows) {
    if (row.op == op) return row.lower;
  }
  return nullptr;
}

}  // namespace circle_backend
