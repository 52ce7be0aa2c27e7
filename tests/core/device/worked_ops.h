// Each op once with values worked out by hand, for every device.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "device/op.h"
#include "support/tensors.h"

namespace vernier::core::testing {

using test::floats;

inline Tensor integers(Shape shape, const std::vector<int64_t>& values) {
  Tensor tensor = Tensor::allocate(kInt64, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.mutable_as<int64_t>());
  return tensor;
}

struct WorkedOp {
  const char* op;
  std::vector<OpArgument> arguments;
  Shape shape;
  std::vector<float> values;
};

inline std::vector<WorkedOp> worked_ops() {
  using Ints = std::vector<int64_t>;
  const Tensor kX = floats({2, 2}, {1, 2, 3, 4});
  const Tensor kY = floats({2}, {10, 20});
  return {
      WorkedOp{"linear", {kX, floats({1, 2}, {1, -1}), floats({1}, {0.5f})}, {2, 1}, {-0.5f, -0.5f}},
      WorkedOp{"linear", {kX, floats({1, 2}, {1, -1}), std::monostate{}}, {2, 1}, {-1, -1}},
      WorkedOp{"matmul", {kX, kX}, {2, 2}, {7, 10, 15, 22}},
      WorkedOp{"add", {kX, kY}, {2, 2}, {11, 22, 13, 24}},
      WorkedOp{"sub", {kX, kY}, {2, 2}, {-9, -18, -7, -16}},
      WorkedOp{"mul", {kX, kY}, {2, 2}, {10, 40, 30, 80}},
      WorkedOp{"div", {kY, kX}, {2, 2}, {10, 10, 10.0f / 3, 5}},
      WorkedOp{"neg", {kX}, {2, 2}, {-1, -2, -3, -4}},
      WorkedOp{"rsqrt", {floats({2}, {4, 0.25f})}, {2}, {0.5f, 2}},
      WorkedOp{"sqrt", {floats({2}, {4, 0.25f})}, {2}, {2, 0.5f}},
      WorkedOp{"mean", {kX, Ints{-1}, int64_t{1}}, {2, 1}, {1.5f, 3.5f}},
      WorkedOp{"mean", {kX, Ints{0}, int64_t{0}}, {2}, {2, 3}},
      WorkedOp{"reshape", {kX, Ints{4, -1}}, {4, 1}, {1, 2, 3, 4}},
      WorkedOp{"permute", {kX, Ints{1, 0}}, {2, 2}, {1, 3, 2, 4}},
      WorkedOp{"slice", {kX, int64_t{-1}, int64_t{1}, int64_t{2}}, {2, 1}, {2, 4}},
      WorkedOp{"concat", {std::vector<Tensor>{kX, kX}, int64_t{0}}, {4, 2}, {1, 2, 3, 4, 1, 2, 3, 4}},
      WorkedOp{"softmax", {floats({1, 2}, {0, 0}), int64_t{-1}}, {1, 2}, {0.5f, 0.5f}},
      WorkedOp{"gelu", {floats({1}, {1}), std::string("none")}, {1}, {0.8413447f}},
      WorkedOp{"gelu", {floats({1}, {1}), std::string("tanh")}, {1}, {0.8411920f}},
      WorkedOp{"silu", {floats({1}, {1})}, {1}, {0.7310586f}},
      WorkedOp{"sigmoid", {floats({1}, {0})}, {1}, {0.5f}},
      WorkedOp{"tanh", {floats({1}, {1})}, {1}, {0.7615942f}},
      WorkedOp{"relu", {floats({2}, {-1, 2})}, {2}, {0, 2}},
      WorkedOp{"clamp", {kX, 1.5, 3.5}, {2, 2}, {1.5f, 2, 3, 3.5f}},
      WorkedOp{
          "rms_norm", {floats({1, 2}, {3, 4}), floats({2}, {1, 2}), 0.0}, {1, 2}, {0.8485281f, 2.2627417f}},
      WorkedOp{"layer_norm",
               {floats({1, 2}, {1, 3}), floats({2}, {2, 3}), floats({2}, {10, 20}), 0.0},
               {1, 2},
               {8, 23}},
      WorkedOp{"layer_norm",
               {floats({1, 2}, {1, 3}), std::monostate{}, std::monostate{}, 3.0},
               {1, 2},
               {-0.5f, 0.5f}},
      WorkedOp{"embedding", {kX, integers({3}, {1, 0, 1})}, {3, 2}, {3, 4, 1, 2, 3, 4}}};
}

}  // namespace vernier::core::testing
