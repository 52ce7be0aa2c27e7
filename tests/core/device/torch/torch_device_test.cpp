// Each op once against values worked out by hand.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/device/worked_ops.h"
#include "device/device.h"
#include "kernels/thread_pool.h"
#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using testing::floats;
using testing::worked_ops;
using testing::WorkedOp;

class TorchDeviceTest : public ::testing::TestWithParam<WorkedOp> {};

TEST_P(TorchDeviceTest, GivesTheValuesWorkedOutByHand) {
  const WorkedOp& c = GetParam();
  ThreadPool pool(1);
  const auto device = make_torch_device(pool);
  const Tensor result = device->run_all(find_op(c.op, 1).value(), c.arguments).at(c.which);
  EXPECT_EQ(result.shape, c.shape);
  ASSERT_EQ(result.elements(), static_cast<int64_t>(c.values.size()));
  for (int64_t i = 0; i < result.elements(); ++i)
    EXPECT_TRUE(testing::is_near(testing::number_at(result, i), c.values[static_cast<size_t>(i)]))
        << c.op << " element " << i << " is " << testing::number_at(result, i);
}

INSTANTIATE_TEST_SUITE_P(Ops, TorchDeviceTest, ::testing::ValuesIn(worked_ops()), testing::name_of_worked_op);

TEST(TorchDevice, LendsThePoolItsThreads) {
  ThreadPool pool(2);
  const auto device = make_torch_device(pool);
  std::atomic<int> here{0}, nested{0};
  pool.parallel_for(0, 2, 1, [&](int64_t, int64_t) {
    for (++here; here < 2;) std::this_thread::yield();  // ends only when both run at once
    pool.parallel_for(0, 2, 1, [&](int64_t, int64_t) { ++nested; });
  });
  EXPECT_EQ(here, 2);
  EXPECT_EQ(nested, 4);
}

TEST(TorchDevice, AViewKeepsWhatItLooksAtAlive) {
  ThreadPool pool(1);
  for (const char* op : {"reshape", "slice"}) {
    std::vector<OpArgument> arguments = {floats({2, 2}, {1, 2, 3, 4})};
    if (std::string(op) == "reshape")
      arguments.emplace_back(std::vector<int64_t>{4});
    else
      for (int64_t number : {0, 1, 2}) arguments.emplace_back(number);
    const std::weak_ptr<const void> memory = std::get<Tensor>(arguments[0]).owner;
    const Tensor result = make_torch_device(pool)->run(find_op(op, 1).value(), arguments);
    arguments.clear();
    EXPECT_FALSE(memory.expired()) << op;
    EXPECT_EQ(result.as<float>()[result.elements() - 1], 4.0f) << op;
  }
}

}  // namespace
}  // namespace vernier::core
