// What of a file is run: one subgraph's tensors and its operators in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "circle_generated.h"
#include "tensor.h"

namespace circle_executor {

namespace circle = vernier::circle;

// An index into Model::tensors; -1 is an absent optional input.
using TensorIndex = int32_t;
inline constexpr TensorIndex kNoTensor = -1;

struct Operator {
  circle::BuiltinOperator code{};
  const circle::Operator* table = nullptr;  // for the options; in the file's mapping
  std::vector<TensorIndex> inputs;
  std::vector<TensorIndex> outputs;
  std::string where;  // "operator 3 (ADD)"
};

// Valid as long as the file's bytes.
struct Model {
  std::vector<Tensor> tensors;
  std::vector<Operator> operators;
  std::vector<TensorIndex> inputs;
  std::vector<TensorIndex> outputs;
};

}  // namespace circle_executor
