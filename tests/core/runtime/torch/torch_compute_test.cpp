// Each op once against values worked out by hand.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "runtime/compute.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

Tensor floats(Shape shape, const std::vector<float>& values) {
  Tensor tensor = Tensor::allocate(kFloat32, std::move(shape));
  std::copy(values.begin(), values.end(), tensor.mutable_as<float>());
  return tensor;
}

struct OpCase {
  const char* op;
  std::vector<OpArgument> arguments;
  Shape shape;
  std::vector<float> values;
};

class TorchComputeTest : public testing::TestWithParam<OpCase> {};

TEST_P(TorchComputeTest, GivesTheValuesWorkedOutByHand) {
  const OpCase& c = GetParam();
  const auto compute = make_torch_compute(1);
  const Tensor result = compute->run(find_op(c.op, 1).value(), c.arguments);
  EXPECT_EQ(result.shape, c.shape);
  ASSERT_EQ(result.elements(), static_cast<int64_t>(c.values.size()));
  for (size_t i = 0; i < c.values.size(); ++i)
    EXPECT_NEAR(result.as<float>()[i], c.values[i], 1e-6) << c.op << " element " << i;
}

const Tensor kX = floats({2, 2}, {1, 2, 3, 4});
const Tensor kY = floats({2}, {10, 20});
using Ints = std::vector<int64_t>;

INSTANTIATE_TEST_SUITE_P(
    Ops, TorchComputeTest,
    testing::Values(
        OpCase{"linear", {kX, floats({1, 2}, {1, -1}), floats({1}, {0.5f})}, {2, 1}, {-0.5f, -0.5f}},
        OpCase{"linear", {kX, floats({1, 2}, {1, -1}), std::monostate{}}, {2, 1}, {-1, -1}},
        OpCase{"matmul", {kX, kX}, {2, 2}, {7, 10, 15, 22}},
        OpCase{"add", {kX, kY}, {2, 2}, {11, 22, 13, 24}},
        OpCase{"sub", {kX, kY}, {2, 2}, {-9, -18, -7, -16}},
        OpCase{"mul", {kX, kY}, {2, 2}, {10, 40, 30, 80}},
        OpCase{"div", {kY, kX}, {2, 2}, {10, 10, 10.0f / 3, 5}},
        OpCase{"neg", {kX}, {2, 2}, {-1, -2, -3, -4}},
        OpCase{"rsqrt", {floats({2}, {4, 0.25f})}, {2}, {0.5f, 2}},
        OpCase{"sqrt", {floats({2}, {4, 0.25f})}, {2}, {2, 0.5f}},
        OpCase{"mean", {kX, Ints{-1}, int64_t{1}}, {2, 1}, {1.5f, 3.5f}},
        OpCase{"mean", {kX, Ints{0}, int64_t{0}}, {2}, {2, 3}},
        OpCase{"reshape", {kX, Ints{4, -1}}, {4, 1}, {1, 2, 3, 4}},
        OpCase{"permute", {kX, Ints{1, 0}}, {2, 2}, {1, 3, 2, 4}},
        OpCase{"slice", {kX, int64_t{-1}, int64_t{1}, int64_t{2}}, {2, 1}, {2, 4}},
        OpCase{"concat", {std::vector<Tensor>{kX, kX}, int64_t{0}}, {4, 2}, {1, 2, 3, 4, 1, 2, 3, 4}},
        OpCase{"softmax", {floats({1, 2}, {0, 0}), int64_t{-1}}, {1, 2}, {0.5f, 0.5f}},
        OpCase{"gelu", {floats({1}, {1}), std::string("none")}, {1}, {0.8413447f}},
        OpCase{"gelu", {floats({1}, {1}), std::string("tanh")}, {1}, {0.8411920f}},
        OpCase{"silu", {floats({1}, {1})}, {1}, {0.7310586f}},
        OpCase{"sigmoid", {floats({1}, {0})}, {1}, {0.5f}},
        OpCase{"tanh", {floats({1}, {1})}, {1}, {0.7615942f}},
        OpCase{"relu", {floats({2}, {-1, 2})}, {2}, {0, 2}},
        OpCase{"clamp", {kX, 1.5, 3.5}, {2, 2}, {1.5f, 2, 3, 3.5f}},
        OpCase{
            "rms_norm", {floats({1, 2}, {3, 4}), floats({2}, {1, 2}), 0.0}, {1, 2}, {0.8485281f, 2.2627417f}},
        OpCase{"layer_norm",
               {floats({1, 2}, {1, 3}), floats({2}, {2, 3}), floats({2}, {10, 20}), 0.0},
               {1, 2},
               {8, 23}},
        OpCase{"layer_norm",
               {floats({1, 2}, {1, 3}), std::monostate{}, std::monostate{}, 3.0},
               {1, 2},
               {-0.5f, 0.5f}}));

TEST(TorchCompute, LendsItsThreads) {
  const auto compute = make_torch_compute(2);
  std::atomic<int> here{0}, nested{0};
  compute->share(2, [&] {
    for (++here; here < 2;) std::this_thread::yield();  // ends only when both run at once
    compute->share(2, [&] { ++nested; });
  });
  EXPECT_EQ(here, 2);
  EXPECT_EQ(nested, 2) << "a call from within runs on its caller alone";
}

TEST(TorchCompute, EmbeddingTakesRowsByIndex) {
  Tensor indices = Tensor::allocate(kInt64, {3});
  std::copy_n(std::vector<int64_t>{1, 0, 1}.data(), 3, indices.mutable_as<int64_t>());
  const auto compute = make_torch_compute(1);
  const std::vector<OpArgument> arguments = {kX, indices};
  const Tensor result = compute->run(find_op("embedding", 1).value(), arguments);
  EXPECT_EQ(result.shape, (Shape{3, 2}));
  EXPECT_EQ(std::vector<float>(result.as<float>(), result.as<float>() + 6),
            (std::vector<float>{3, 4, 1, 2, 3, 4}));
}

TEST(TorchCompute, AViewKeepsWhatItLooksAtAlive) {
  for (const char* op : {"reshape", "slice"}) {
    std::vector<OpArgument> arguments = {floats({2, 2}, {1, 2, 3, 4})};
    if (std::string(op) == "reshape")
      arguments.emplace_back(Ints{4});
    else
      for (int64_t number : {0, 1, 2}) arguments.emplace_back(number);
    const std::weak_ptr<const void> memory = std::get<Tensor>(arguments[0]).owner;
    const Tensor result = make_torch_compute(1)->run(find_op(op, 1).value(), arguments);
    arguments.clear();
    EXPECT_FALSE(memory.expired()) << op;
    EXPECT_EQ(result.as<float>()[result.elements() - 1], 4.0f) << op;
  }
}

TEST(TorchCompute, NamesTheOpAndShapesThatDoNotFit) {
  const auto compute = make_torch_compute(1);
  const std::vector<OpArgument> arguments = {kX, floats({3}, {1, 2, 3})};
  try {
    compute->run(find_op("add", 1).value(), arguments);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
    EXPECT_NE(error.format().find("add: "), std::string::npos);
    EXPECT_NE(error.format().find("float32[2, 2], float32[3]"), std::string::npos);
  }
}

}  // namespace
}  // namespace vernier::core
