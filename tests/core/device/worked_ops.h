// Each op once with values worked out by hand, for every device.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
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

inline Tensor bools(Shape shape, const std::vector<bool>& values) {
  Tensor tensor = Tensor::allocate(kBool, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.mutable_as<bool>());
  return tensor;
}

// Element i as a number, whatever the dtype.
inline double number_at(const Tensor& x, int64_t i) {
  if (x.dtype == kBool) return x.as<bool>()[i] ? 1 : 0;
  if (x.dtype == kInt64) return static_cast<double>(x.as<int64_t>()[i]);
  if (x.dtype == kInt32) return x.as<int32_t>()[i];
  if (x.dtype == kInt8) return x.as<int8_t>()[i];
  if (x.dtype == kUInt8) return x.as<uint8_t>()[i];
  return static_cast<double>(x.as<float>()[i]);
}

struct WorkedOp {
  const char* op;
  std::vector<OpArgument> arguments;
  Shape shape;
  std::vector<float> values;
  size_t which = 0;  // of the results
};

// "conv2d_41": the name of a row's test.
inline std::string name_of_worked_op(const ::testing::TestParamInfo<WorkedOp>& row) {
  return row.param.op + ("_" + std::to_string(row.index));
}

// Near, or alike where one is infinite or NaN.
inline bool is_near(double found, double wanted) {
  if (std::isnan(found) || std::isnan(wanted)) return std::isnan(found) && std::isnan(wanted);
  return found == wanted || std::abs(found - wanted) <= 1e-6;
}

// NOLINTNEXTLINE(readability-function-size): a table
inline std::vector<WorkedOp> worked_ops() {
  using Ints = std::vector<int64_t>;
  const Tensor kX = floats({2, 2}, {1, 2, 3, 4});
  const Tensor kY = floats({2}, {10, 20});
  const Tensor kImage = floats({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  const Tensor kRow = floats({5}, {0, 1, 2, 3, 4});
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
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
      WorkedOp{"embedding", {kX, integers({3}, {1, 0, 1})}, {3, 2}, {3, 4, 1, 2, 3, 4}},
      WorkedOp{"cos", {floats({2}, {0, 1})}, {2}, {1, 0.5403023f}},
      WorkedOp{"sin", {floats({2}, {0, 1})}, {2}, {0, 0.8414710f}},
      WorkedOp{"exp", {floats({2}, {0, 1})}, {2}, {1, 2.7182818f}},
      WorkedOp{"log", {floats({2}, {1, 2})}, {2}, {0, 0.6931472f}},
      WorkedOp{"erf", {floats({2}, {0, 1})}, {2}, {0, 0.8427008f}},
      WorkedOp{"softplus", {floats({2}, {0, 1})}, {2}, {0.6931472f, 1.3132617f}},
      WorkedOp{"floor", {floats({3}, {-1.5f, 1.5f, 2})}, {3}, {-2, 1, 2}},
      WorkedOp{"abs", {floats({2}, {-3, 2})}, {2}, {3, 2}},
      WorkedOp{"square", {kX}, {2, 2}, {1, 4, 9, 16}},
      WorkedOp{"pow", {kX, floats({2}, {2, 0.5f})}, {2, 2}, {1, 1.4142135f, 9, 2}},
      WorkedOp{"maximum", {kX, floats({}, {2.5f})}, {2, 2}, {2.5f, 2.5f, 3, 4}},
      WorkedOp{"minimum", {kX, floats({}, {2.5f})}, {2, 2}, {1, 2, 2.5f, 2.5f}},
      WorkedOp{"sum", {kX, Ints{0}, int64_t{0}}, {2}, {4, 6}},
      WorkedOp{"max", {kX, Ints{1}, int64_t{1}}, {2, 1}, {2, 4}},
      WorkedOp{"min", {kX, Ints{}, int64_t{0}}, {}, {1}},
      WorkedOp{"cumsum", {kX, int64_t{0}}, {2, 2}, {1, 2, 4, 6}},
      WorkedOp{"argmax", {floats({2, 3}, {1, 5, 5, 9, 2, 3}), int64_t{-1}}, {2}, {1, 0}},
      WorkedOp{"argmax", {floats({1, 3}, {7, kNan, kNan}), int64_t{1}}, {1}, {1}},
      WorkedOp{"equal", {floats({3}, {1, 2, kNan}), floats({3}, {1, 3, kNan})}, {3}, {1, 0, 0}},
      WorkedOp{"not_equal", {floats({3}, {1, 2, kNan}), floats({3}, {1, 3, kNan})}, {3}, {0, 1, 1}},
      WorkedOp{"less", {kX, floats({}, {2})}, {2, 2}, {1, 0, 0, 0}},
      WorkedOp{"less_equal", {kX, floats({}, {2})}, {2, 2}, {1, 1, 0, 0}},
      WorkedOp{"greater", {kX, integers({}, {2})}, {2, 2}, {0, 0, 1, 1}},
      WorkedOp{"greater_equal", {integers({2}, {1, 2}), integers({2}, {2, 2})}, {2}, {0, 1}},
      WorkedOp{"logical_and", {bools({4}, {0, 0, 1, 1}), bools({4}, {0, 1, 0, 1})}, {4}, {0, 0, 0, 1}},
      WorkedOp{"logical_or", {bools({4}, {0, 0, 1, 1}), bools({4}, {0, 1, 0, 1})}, {4}, {0, 1, 1, 1}},
      WorkedOp{"logical_not", {bools({2}, {0, 1})}, {2}, {1, 0}},
      WorkedOp{"where", {bools({2, 1}, {1, 0}), kX, floats({}, {-1})}, {2, 2}, {1, 2, -1, -1}},
      WorkedOp{"cast", {floats({4}, {-1.9f, 1.9f, 300, kNan}), std::string("int8")}, {4}, {-1, 1, 127, 0}},
      WorkedOp{"cast", {floats({3}, {-1.9f, 255.5f, 1e30f}), std::string("uint8")}, {3}, {0, 255, 255}},
      WorkedOp{"cast", {integers({3}, {257, -1, 128}), std::string("int8")}, {3}, {1, -1, -128}},
      WorkedOp{"cast", {floats({3}, {0, -0.5f, kNan}), std::string("bool")}, {3}, {0, 1, 1}},
      WorkedOp{"cast", {bools({2}, {0, 1}), std::string("float32")}, {2}, {0, 1}},
      WorkedOp{
          "floor_div", {integers({4}, {7, -7, 7, -7}), integers({4}, {2, 2, -2, -2})}, {4}, {3, -4, -4, 3}},
      WorkedOp{"floor_div",
               {floats({4}, {7, -7, 1, 1}), floats({4}, {2, 2, 0.1f, 0})},
               {4},
               {3, -4, 9, kInfinity}},
      WorkedOp{
          "remainder", {integers({4}, {7, -7, 7, -7}), integers({4}, {2, 2, -2, -2})}, {4}, {1, 1, -1, -1}},
      WorkedOp{"remainder",
               {floats({4}, {7.5f, -7.5f, 7.5f, 1}), floats({4}, {2, 2, -2, 0})},
               {4},
               {1.5f, 0.5f, -0.5f, kNan}},
      WorkedOp{"expand", {kY, Ints{2, 2}}, {2, 2}, {10, 20, 10, 20}},
      WorkedOp{"pad", {kY, Ints{1}, Ints{2}, -1.0}, {5}, {-1, 10, 20, -1, -1}},
      WorkedOp{"pad", {kX, Ints{0, 1}, Ints{1, 0}, 0.5}, {3, 3}, {0.5f, 1, 2, 0.5f, 3, 4, 0.5f, 0.5f, 0.5f}},
      WorkedOp{"gather", {kX, integers({3}, {1, 0, 1}), int64_t{1}}, {2, 3}, {2, 1, 2, 4, 3, 4}},
      WorkedOp{"gather", {kX, integers({}, {1}), int64_t{-2}}, {2}, {3, 4}},
      WorkedOp{"strided_slice", {kRow, int64_t{0}, int64_t{1}, int64_t{5}, int64_t{2}}, {2}, {1, 3}},
      WorkedOp{"strided_slice", {kRow, int64_t{0}, int64_t{4}, int64_t{-1}, int64_t{-2}}, {3}, {4, 2, 0}},
      WorkedOp{"strided_slice", {kRow, int64_t{0}, int64_t{3}, int64_t{0}, int64_t{-2}}, {2}, {3, 1}},
      WorkedOp{
          "one_hot", {integers({2}, {2, 0}), int64_t{3}, std::string("float32")}, {2, 3}, {0, 0, 1, 1, 0, 0}},
      WorkedOp{"range", {int64_t{5}, int64_t{-2}, int64_t{-3}}, {3}, {5, 2, -1}},
      WorkedOp{"range", {int64_t{0}, int64_t{7}, int64_t{3}}, {3}, {0, 3, 6}},
      WorkedOp{"scatter_rows", {kX, integers({1}, {1}), floats({1, 2}, {8, 9})}, {2, 2}, {1, 2, 8, 9}},
      WorkedOp{
          "dynamic_update_slice", {kX, integers({2}, {0, 1}), floats({2, 1}, {8, 9})}, {2, 2}, {1, 8, 3, 9}},
      WorkedOp{"conv1d",
               {floats({1, 1, 4}, {1, 2, 3, 4}), floats({1, 1, 2}, {1, 10}), floats({1}, {0.5f}), Ints{2},
                Ints{1}, Ints{1}, int64_t{1}},
               {1, 1, 3},
               {10.5f, 32.5f, 4.5f}},
      WorkedOp{"conv1d",
               {floats({1, 1, 4}, {1, 2, 3, 4}), floats({1, 1, 2}, {1, 10}), std::monostate{}, Ints{1},
                Ints{0}, Ints{3}, int64_t{1}},
               {1, 1, 1},
               {41}},
      WorkedOp{"conv2d",
               {kImage, floats({1, 1, 2, 2}, {1, 10, 100, 1000}), std::monostate{}, Ints{1, 1}, Ints{0, 0},
                Ints{1, 1}, int64_t{1}},
               {1, 1, 2, 2},
               {5421, 6532, 8754, 9865}},
      WorkedOp{"conv2d",
               {floats({1, 2, 1, 1}, {2, 3}), floats({4, 1, 1, 1}, {1, 10, 100, 1000}),
                floats({4}, {0, 0, 0, 5}), Ints{1, 1}, Ints{0, 0}, Ints{1, 1}, int64_t{2}},
               {1, 4, 1, 1},
               {2, 20, 300, 3005}},
      WorkedOp{"conv3d",
               {floats({1, 1, 2, 1, 2}, {1, 2, 3, 4}), floats({1, 1, 2, 1, 1}, {1, 10}), std::monostate{},
                Ints{1, 1, 1}, Ints{0, 0, 0}, Ints{1, 1, 1}, int64_t{1}},
               {1, 1, 1, 1, 2},
               {31, 42}},
      WorkedOp{"conv_transpose2d",
               {floats({1, 1, 1, 2}, {1, 2}), floats({1, 1, 1, 2}, {1, 10}), floats({1}, {0.5f}), Ints{1, 1},
                Ints{0, 0}, Ints{0, 0}, Ints{1, 1}, int64_t{1}},
               {1, 1, 1, 3},
               {1.5f, 12.5f, 20.5f}},
      WorkedOp{"conv_transpose2d",
               {floats({1, 1, 1, 2}, {1, 2}), floats({1, 2, 1, 2}, {1, 10, 3, 30}), std::monostate{},
                Ints{1, 2}, Ints{0, 1}, Ints{0, 1}, Ints{1, 1}, int64_t{1}},
               {1, 2, 1, 3},
               {10, 2, 20, 30, 6, 60}},
      WorkedOp{"max_pool2d", {kImage, Ints{2, 2}, Ints{2, 2}, Ints{1, 1}}, {1, 1, 2, 2}, {1, 3, 7, 9}},
      WorkedOp{"max_pool2d",
               {floats({1, 1, 1, 3}, {-5, kNan, -7}), Ints{1, 2}, Ints{1, 1}, Ints{0, 1}},
               {1, 1, 1, 4},
               {-5, kNan, kNan, -7}},
      WorkedOp{"avg_pool2d",
               {kImage, Ints{2, 2}, Ints{2, 2}, Ints{1, 1}, int64_t{0}},
               {1, 1, 2, 2},
               {1, 2.5f, 5.5f, 7}},
      WorkedOp{"avg_pool2d",
               {kImage, Ints{2, 2}, Ints{2, 2}, Ints{1, 1}, int64_t{1}},
               {1, 1, 2, 2},
               {0.25f, 1.25f, 2.75f, 7}},
      WorkedOp{"resize_bilinear",
               {floats({1, 1, 1, 2}, {0, 4}), Ints{1, 4}, int64_t{0}},
               {1, 1, 1, 4},
               {0, 1, 3, 4}},
      WorkedOp{"resize_bilinear",
               {floats({1, 1, 2, 2}, {0, 4, 8, 12}), Ints{3, 3}, int64_t{1}},
               {1, 1, 3, 3},
               {0, 2, 4, 4, 6, 8, 8, 10, 12}},
      WorkedOp{"resize_bilinear",
               {floats({1, 1, 1, 4}, {0, 4, 8, 12}), Ints{1, 2}, int64_t{0}},
               {1, 1, 1, 2},
               {2, 10}},
      WorkedOp{"split", {kRow, Ints{2, 0, 3}, int64_t{0}}, {2}, {0, 1}},
      WorkedOp{"split", {kRow, Ints{2, 0, 3}, int64_t{-1}}, {0}, {}, 1},
      WorkedOp{"split", {kRow, Ints{2, 0, 3}, int64_t{-1}}, {3}, {2, 3, 4}, 2},
      WorkedOp{"split", {kX, Ints{1, 1}, int64_t{1}}, {2, 1}, {2, 4}, 1},
      WorkedOp{"topk", {floats({5}, {1, 7, 3, 7, 5}), int64_t{3}, int64_t{0}}, {3}, {7, 7, 5}},
      WorkedOp{"topk", {floats({5}, {1, 7, 3, 7, 5}), int64_t{3}, int64_t{0}}, {3}, {1, 3, 4}, 1},
      WorkedOp{"topk", {floats({3}, {kInfinity, kNan, 2}), int64_t{2}, int64_t{0}}, {2}, {1, 0}, 1},
      WorkedOp{"topk", {kX, int64_t{1}, int64_t{0}}, {1, 2}, {3, 4}},
      WorkedOp{"topk", {integers({2, 2}, {-1, 5, 9, 8}), int64_t{2}, int64_t{1}}, {2, 2}, {1, 0, 0, 1}, 1}};
}

}  // namespace vernier::core::testing
