// Ops that are written elsewhere than in the table's own file, and what these files share.
#pragma once

#include "lowering.h"

namespace onnx_backend {

// The least type that holds the elements of all operands: float32 where one is real, else the
// widest integer type, bool where all are. ONNX's operators take operands of one type.
vernier::DType common_dtype(const Lowering& l, const vernier::GraphNode& node);
// Operand `i` as `dtype`: its tensor, or a Cast of it.
std::string operand_as(Lowering& l, const vernier::GraphNode& node, size_t i, vernier::DType dtype);
// `axis` of operand 0 from the front.
int64_t axis_of(const Lowering& l, const vernier::GraphNode& node, int64_t axis);

// ops_choice.cpp
void lower_maximum(Lowering& l, const vernier::GraphNode& node);
void lower_minimum(Lowering& l, const vernier::GraphNode& node);
void lower_equal(Lowering& l, const vernier::GraphNode& node);
void lower_not_equal(Lowering& l, const vernier::GraphNode& node);
void lower_less(Lowering& l, const vernier::GraphNode& node);
void lower_less_equal(Lowering& l, const vernier::GraphNode& node);
void lower_greater(Lowering& l, const vernier::GraphNode& node);
void lower_greater_equal(Lowering& l, const vernier::GraphNode& node);
void lower_logical_and(Lowering& l, const vernier::GraphNode& node);
void lower_logical_or(Lowering& l, const vernier::GraphNode& node);
void lower_logical_not(Lowering& l, const vernier::GraphNode& node);
void lower_where(Lowering& l, const vernier::GraphNode& node);

// ops_placement.cpp
void lower_expand(Lowering& l, const vernier::GraphNode& node);
void lower_pad(Lowering& l, const vernier::GraphNode& node);
void lower_gather(Lowering& l, const vernier::GraphNode& node);
void lower_strided_slice(Lowering& l, const vernier::GraphNode& node);
void lower_one_hot(Lowering& l, const vernier::GraphNode& node);
void lower_range(Lowering& l, const vernier::GraphNode& node);
void lower_dynamic_update_slice(Lowering& l, const vernier::GraphNode& node);
void lower_scatter_rows(Lowering& l, const vernier::GraphNode& node);
void lower_split(Lowering& l, const vernier::GraphNode& node);
void lower_topk(Lowering& l, const vernier::GraphNode& node);
void lower_cast(Lowering& l, const vernier::GraphNode& node);
void lower_floor_div(Lowering& l, const vernier::GraphNode& node);
void lower_remainder(Lowering& l, const vernier::GraphNode& node);

// ops_image.cpp
void lower_conv(Lowering& l, const vernier::GraphNode& node);
void lower_conv_transpose(Lowering& l, const vernier::GraphNode& node);
void lower_max_pool(Lowering& l, const vernier::GraphNode& node);
void lower_avg_pool(Lowering& l, const vernier::GraphNode& node);
void lower_resize(Lowering& l, const vernier::GraphNode& node);

// ops_reduce.cpp
void lower_mean(Lowering& l, const vernier::GraphNode& node);
void lower_sum(Lowering& l, const vernier::GraphNode& node);
void lower_max(Lowering& l, const vernier::GraphNode& node);
void lower_min(Lowering& l, const vernier::GraphNode& node);
void lower_argmax(Lowering& l, const vernier::GraphNode& node);
void lower_cumsum(Lowering& l, const vernier::GraphNode& node);

}  // namespace onnx_backend
