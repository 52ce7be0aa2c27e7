// What a file's graph means, node by node: each result rounded once, from reals that were rounded before.
#include "graph/exact_form.h"

#include <gmock/gmock.h>

#include <memory>

#include "core/graph/graph_builder.h"
#include "graph/fold.h"
#include "interpreter/interpreter.h"
#include "kernels/thread_pool.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

struct NoConstants : GraphData {
  const Graph* graph = nullptr;

  [[nodiscard]] ConstantData constant(const GraphValue& value) const override {
    throw internal_error("there is no constant " + value.name);
  }
  [[nodiscard]] const QParams& qparams(const GraphNode& site) const override {
    return *graph->values[site.outputs[0]].qparams;
  }
};

class ExactFormTest : public ::testing::Test {
 protected:
  // The reals of each value of the folded graph.
  std::vector<std::vector<float>> reals_of(const Graph& folded, const Tensor& x) {
    const ExactForm form = exact_form(folded);
    NoConstants data;
    data.graph = &form.graph;
    std::vector<Tensor> kept;
    const std::vector<Tensor> inputs = {x};
    outputs_ = Interpreter(form.graph, data, *device_, control_).run(Reading::kExact, inputs, {}, &kept);
    std::vector<std::vector<float>> result;
    for (ValueIndex real : form.reals) {
      const Tensor& one = kept.at(real);
      result.emplace_back();
      for (int64_t i = 0; i < one.elements(); ++i)
        result.back().push_back(one.dtype == kFloat64 ? static_cast<float>(one.as<double>()[i])
                                                      : one.as<float>()[i]);
    }
    return result;
  }
  std::unique_ptr<ThreadPool> pool_ = ThreadPool::of_process(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
  RunControl control_;
  std::vector<Tensor> outputs_;
};

// 1.2 is 1.0 in steps of 0.5, and that is 0.75 in steps of 0.75; 1.2 itself would be 1.5.
TEST_F(ExactFormTest, ARequantizeRoundsWhatWasRoundedAtTheOtherSite) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1});
  const ValueIndex fine = b.quantize(x, per_tensor(0.5f, 0), "m/fine");
  const ValueIndex coarse = b.quantize(x, per_tensor(0.75f, 0), "m/coarse");
  const ValueIndex y = b.quantize(b.node("neg", {fine}, {1}), per_tensor(0.5f, 8, kInt8), "m/y");
  const ValueIndex z = b.quantize(b.node("neg", {coarse}, {1}), per_tensor(0.75f, 8, kInt8), "m/z");
  const Graph folded = fold(b.outputs({y, z})).graph;
  const GraphNode& requantize = folded.nodes[0];
  ASSERT_EQ(requantize.op, "requantize");
  const auto reals = reals_of(folded, test::floats({1}, {1.2f}));
  EXPECT_THAT(reals[folded.inputs[0]], ElementsAre(1.0f)) << "an input of codes is what its codes mean";
  EXPECT_THAT(reals[requantize.outputs[0]], ElementsAre(0.75f));
  EXPECT_THAT(reals[folded.outputs[0]], ElementsAre(-1.0f));
  EXPECT_THAT(reals[folded.outputs[1]], ElementsAre(-0.75f));
  EXPECT_EQ(outputs_[1].as<float>()[0], -0.75f);
}

// A value that a float op reads as well stays float, and its quantize rounds the float.
TEST_F(ExactFormTest, FloatStaysFloatBetweenQuantizeAndDequantize) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {1});
  const ValueIndex coded = b.quantize(x, per_tensor(0.5f, 0), "m/x");
  const ValueIndex sum = b.node("add", {coded, x}, {1});
  const Graph folded = fold(b.outputs({sum})).graph;
  const auto reals = reals_of(folded, test::floats({1}, {1.25f + 0.125f}));
  EXPECT_THAT(reals[folded.outputs[0]], ElementsAre(1.5f + 1.375f));
  for (const GraphNode& node : exact_form(folded).graph.nodes)
    EXPECT_THAT(node.op, ::testing::AnyOf("add", "fake_quantize"));
}

TEST_F(ExactFormTest, CodesSaturateAndIntegersPassThrough) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2});
  const ValueIndex y = b.quantize(b.node("neg", {b.quantize(x, per_tensor(0.5f, 0), "m/x")}, {2}),
                                  per_tensor(0.25f, 0, kInt8), "m/y");
  const Graph folded = fold(b.outputs({y})).graph;
  const auto reals = reals_of(folded, test::floats({2}, {-3, 200}));
  EXPECT_THAT(reals[folded.inputs[0]], ElementsAre(0.0f, 127.5f)) << "uint8 with zero point 0";
  EXPECT_THAT(reals[folded.outputs[0]], ElementsAre(0.0f, -32.0f)) << "-128 steps of 0.25";
}

TEST_F(ExactFormTest, WantsAFoldedGraph) {
  GraphBuilder b;
  const Graph recorded = b.outputs({b.quantize(b.input("x", {1}), per_tensor(1, 0), "m/x")});
  test::expect_error(ErrorKind::kInternal, "not folded", [&] { (void)exact_form(recorded); });
}

}  // namespace
}  // namespace vernier::core::testing
