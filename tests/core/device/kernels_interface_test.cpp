// vernier.kernels/1 as plugins see it: what it refuses. What it computes is tested with the kernels
// themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "abi/call_scope.h"
#include "abi/host_services.h"
#include "abi/interfaces.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "tensor/tensor.h"
#include "vernier/core/device_factory.h"

namespace vernier::core {
namespace {

class KernelsInterface : public ::testing::Test {
 protected:
  KernelsInterface() { services_.use_device(device_.get()); }
  static Tensor floats(Shape shape) {
    Tensor x = Tensor::allocate(kFloat32, std::move(shape));
    std::fill_n(x.mutable_as<float>(), x.elements(), 1.0f);
    return x;
  }

  ThreadPool pool_{1};
  std::unique_ptr<Device> device_ = make_reference_device(pool_);
  HostServices services_{pool_};
  const CallScope call_{&services_, "org.example.test", ""};
  const vernier_kernels_interface& kernels_ = *kernels_interface();
};

TEST_F(KernelsInterface, HistogramRefusesWhatItCannotCount) {
  const auto status = [&](const Tensor& tensor, float limit, uint64_t bins) {
    std::vector<uint64_t> counts(65536);
    const vernier_tensor x = tensor.view();
    const vernier_status result = kernels_.histogram(nullptr, &x, limit, counts.data(), bins);
    uint64_t total = 0;
    for (uint64_t count : counts) total += count;
    EXPECT_EQ(total, result == VERNIER_OK ? static_cast<uint64_t>(tensor.elements()) : 0);
    return result;
  };
  constexpr vernier_status kOk = VERNIER_OK, kWrong = VERNIER_INVALID_ARGUMENT;
  const Tensor x = floats({2, 3});
  const struct {
    float limit;
    uint64_t bins;
    vernier_status status;
  } rows[] = {{1, 2, kOk},           {0x1p-100f, 65536, kOk}, {0x1p127f, 8, kOk},  {1, 1, kWrong},
              {1, 0, kWrong},        {1, 6, kWrong},          {1, 131072, kWrong}, {3, 8, kWrong},
              {0, 8, kWrong},        {-2, 8, kWrong},         {NAN, 8, kWrong},    {INFINITY, 8, kWrong},
              {-INFINITY, 8, kWrong}};
  for (const auto& row : rows)
    EXPECT_EQ(status(x, row.limit, row.bins), row.status) << row.limit << ", " << row.bins << " bins";
  EXPECT_EQ(status(floats({0}), 1, 2), kWrong) << "no elements";
  EXPECT_EQ(status(Tensor::allocate(kInt32, {2}), 1, 2), kWrong) << "no floats";
  EXPECT_EQ(status(floats({}), 1, 2), kOk) << "a scalar is one element";
}

// The range travels with the tensor: taken as it is where the data is still the same, measured where it is
// not.
TEST_F(KernelsInterface, RangeTakesWhatTheHostMeasuredBefore) {
  const Tensor x = floats({2, 3});
  vernier_tensor view = x.view();
  EXPECT_EQ(view.size, VERNIER_SIZE_UP_TO(vernier_tensor, range_of));
  EXPECT_EQ(view.flags, 0u);
  const auto range = [&](int64_t axis) {
    std::vector<float> low(3), high(3);
    EXPECT_EQ(kernels_.range(nullptr, &view, axis, low.data(), high.data(), axis < 0 ? 1 : 3), VERNIER_OK);
    return std::pair{low[0], high[0]};
  };
  using Range = std::pair<float, float>;
  view.low = -5, view.high = 7, view.range_of = view.data;
  EXPECT_EQ(range(-1), (Range{1, 1})) << "without the flag";
  view.flags = VERNIER_TENSOR_RANGE;
  EXPECT_EQ(range(-1), (Range{-5, 7}));
  EXPECT_EQ(range(1), (Range{1, 1})) << "the range of the whole tensor says nothing of a channel";
  view.size = VERNIER_SIZE_UP_TO(vernier_tensor, flags);
  EXPECT_EQ(range(-1), (Range{1, 1})) << "written by someone of ABI 1.1";
  view.size = VERNIER_SIZE_UP_TO(vernier_tensor, range_of);
  const Tensor other = floats({2, 3});
  view.data = other.data;
  EXPECT_EQ(range(-1), (Range{1, 1})) << "other data";
  view.data = view.range_of = nullptr;
  float low = 0, high = 0;
  EXPECT_EQ(kernels_.range(nullptr, &view, -1, &low, &high, 1), VERNIER_INVALID_ARGUMENT);
}

TEST_F(KernelsInterface, RangeRefusesAnotherAxisCountAndType) {
  const Tensor x = floats({2, 3}), codes = Tensor::allocate(kInt32, {2});
  std::vector<float> low(3), high(3);
  const auto status = [&](const Tensor& tensor, int64_t axis, uint64_t count) {
    const vernier_tensor view = tensor.view();
    return kernels_.range(nullptr, &view, axis, low.data(), high.data(), count);
  };
  EXPECT_EQ(status(x, -1, 1), VERNIER_OK);
  EXPECT_EQ(status(x, 1, 3), VERNIER_OK);
  EXPECT_EQ(status(x, 1, 2), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(status(x, 2, 3), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(status(x, -2, 1), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(status(codes, -1, 1), VERNIER_INVALID_ARGUMENT);
  EXPECT_EQ(status(floats({0, 3}), -1, 1), VERNIER_INVALID_ARGUMENT);
}

TEST(KernelsInterfaceOutsideACall, MeasuresAllTheSame) {
  Tensor x = Tensor::allocate(kFloat32, {2});
  x.mutable_as<float>()[0] = -1;
  x.mutable_as<float>()[1] = 2;
  const vernier_tensor view = x.view();
  float low = 0, high = 0;
  EXPECT_EQ(kernels_interface()->range(nullptr, &view, -1, &low, &high, 1), VERNIER_OK);
  EXPECT_EQ(low, -1);
  EXPECT_EQ(high, 2);
}

}  // namespace
}  // namespace vernier::core
