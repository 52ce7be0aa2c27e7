// Constants that are made of others, in memory and in a file without a name.
#include "interpreter/constant_evaluator.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "core/graph/graph_builder.h"
#include "kernels/thread_pool.h"
#include "support/expect_error.h"
#include "support/temporary_place.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

// w of [2, 3], and (-w)ᵀ, which is not computed yet.
class ConstantEvaluator : public ::testing::Test {
 protected:
  ConstantEvaluator() {
    GraphBuilder b;
    const ValueIndex w = b.constant("w", {2, 3});
    b.graph.values[w].parameter = 0;
    const ValueIndex neg = b.node("neg", {w}, {2, 3});
    const ValueIndex turned = b.node("permute", {neg}, {3, 2}, {{"axes", std::vector<int64_t>{1, 0}}});
    tree_.parameters.resize(2);
    tree_.parameters[0].source = test::ramp({2, 3});
    Parameter& made = tree_.parameters[1];
    made.path = "made";
    made.source = {kFloat32, {3, 2}, nullptr, nullptr};
    made.expression = std::make_shared<const Graph>(b.outputs({turned}));
  }
  std::vector<float> values() {
    const Tensor& x = tree_.parameters[1].source;
    return {x.as<float>(), x.as<float>() + x.elements()};
  }

  ModuleTree tree_;
  std::unique_ptr<ThreadPool> pool_ = ThreadPool::of_process(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
};

TEST_F(ConstantEvaluator, ComputesOnce) {
  compute_constant(tree_.parameters[1], tree_, *device_);
  EXPECT_THAT(values(), ElementsAre(-0.125f, -0.5f, -0.25f, -0.625f, -0.375f, -0.75f));
  const std::byte* data = tree_.parameters[1].source.data;
  compute_constant(tree_.parameters[1], tree_, *device_);
  EXPECT_EQ(tree_.parameters[1].source.data, data);
  compute_constant(tree_.parameters[0], tree_, *device_);
  EXPECT_EQ(tree_.parameters[0].source.shape, (Shape{2, 3})) << "no expression";
}

TEST_F(ConstantEvaluator, AGreatOneLiesInAFileThatHasNoName) {
  const test::TemporaryPlace place;
  compute_constant(tree_.parameters[1], tree_, *device_, RunControl::none(), 24);
  EXPECT_THAT(values(), ElementsAre(-0.125f, -0.5f, -0.25f, -0.625f, -0.375f, -0.75f));
  EXPECT_TRUE(place.is_empty());
}

TEST_F(ConstantEvaluator, WithoutAFolderForItTheErrorSaysSo) {
  test::TemporaryPlace place;
  place.take_away();
  test::expect_error(ErrorKind::kData, "there is no place for temporary files",
                     [&] { compute_constant(tree_.parameters[1], tree_, *device_, RunControl::none(), 24); });
  EXPECT_EQ(tree_.parameters[1].source.data, nullptr);
}

}  // namespace
}  // namespace vernier::core::testing
