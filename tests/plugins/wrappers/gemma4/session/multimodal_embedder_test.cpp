// What the multimodal embedder is expected to do, one behaviour a test; its float results come from
// transformers.
#include <cmath>

#include "calibration/calibrator.h"
#include "core/session/run_recipe.h"
#include "interpreter/entry_runner.h"
#include "session/exporter.h"
#include "session/prepare.h"
#include "support/expect_error.h"
#include "trace/with_qparams.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

class MultimodalEmbedder : public ::testing::Test {
 protected:
  MultimodalEmbedder() {
    SessionOptions options;
    options.recipe = source_file("configs/gemma4_embedder.json");
    p_ = std::make_unique<Prepared>(prepare(options));
    device_ = make_reference_device(*p_->pool);
    p_->services->use_device(device_.get());
    runner_ = std::make_unique<EntryRunner>(*p_->services, *p_->tree, *device_, "forward", p_->input_names());
    inputs_ =
        open_inputs(p_->recipe.units[0].calibration.inputs, p_->recipe.folder, p_->input_names(), 20, 42, "");
    sample_ = inputs_->sample(0);
  }

  void calibrate(uint64_t samples) {
    Calibrator calibrator(*p_->services, *p_->tree,
                          [this](const std::string& name) { return p_->hub->observer(name); });
    calibrator.convert_parameters();
    Batches batches(*inputs_, samples, 1, {});
    calibrator.observe(*runner_, batches, {}, {});
    calibrator.convert_activations();
  }
  std::vector<float> run(Reading reading) {
    const Tensor out = runner_->run(reading, sample_).at(0);
    shape_ = out.shape;
    return {out.as<float>(), out.as<float>() + out.elements()};
  }
  static std::vector<float> transformers_output() {
    return floats_of(Checkpoint::open(source_file("tests/data/seed_example/expected.safetensors")),
                     "float_out");
  }
  static void expect_near(const std::vector<float>& a, const std::vector<float>& b, float tolerance) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << "element " << i;
  }

  std::unique_ptr<Prepared> p_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<EntryRunner> runner_;
  std::unique_ptr<InputSource> inputs_;
  std::vector<Tensor> sample_;
  Shape shape_;
};

TEST_F(MultimodalEmbedder, FloatModeEqualsTransformers) {
  expect_near(run(Reading::kFloat), transformers_output(), 1e-5f);
}

TEST_F(MultimodalEmbedder, KeepsBatchAndSequenceAndGivesTheTextWidth) {
  run(Reading::kFloat);
  EXPECT_EQ(shape_, (Shape{1, 16, 64}));
}

TEST_F(MultimodalEmbedder, GoesFromFloatThroughCalibrateToQuantize) {
  test::expect_error(ErrorKind::kInternal, "has no qparams", [&] { (void)run(Reading::kQuantize); });
  run(Reading::kFloat);
  calibrate(3);
  EXPECT_NO_THROW(run(Reading::kQuantize));
}

TEST_F(MultimodalEmbedder, CompositeOwnsNoSites) {
  EXPECT_TRUE(p_->tree->root().sites.empty());
  EXPECT_EQ(p_->tree->sites.size(), 6u);
}

TEST_F(MultimodalEmbedder, QuantizedOutputIsFinite) {
  calibrate(20);
  for (float value : run(Reading::kQuantize)) EXPECT_TRUE(std::isfinite(value));
  EXPECT_EQ(shape_, (Shape{1, 16, 64}));
}

TEST_F(MultimodalEmbedder, ChildrenAreWrapped) {
  std::vector<std::string> types;
  for (int child : p_->tree->root().children) {
    EXPECT_NE(p_->tree->modules[child].wrapper, nullptr);
    types.push_back(p_->tree->modules[child].type);
  }
  EXPECT_EQ(types, (std::vector<std::string>{"Gemma4RMSNorm", "Linear"}));
}

TEST_F(MultimodalEmbedder, DimensionsEqualTheConfig) {
  const auto& config = p_->checkpoint->config();
  const Shape expected = {config.at("text_config").at("hidden_size").get<int64_t>(),
                          config.at("vision_config").at("hidden_size").get<int64_t>()};
  EXPECT_EQ(p_->tree->parameters.at(1).source.shape, expected);
  EXPECT_EQ(p_->tree->parameters.at(0).source.shape, (Shape{expected[1]}));
}

// The other one drops the axis of pictures.
TEST_F(MultimodalEmbedder, ItsExportEntryIsForwardItself) {
  const ComponentInfo& wrapper = *p_->catalog->wrapper_for(p_->tree->root().type).component;
  ASSERT_EQ(wrapper.entries.size(), 2u);
  EXPECT_EQ(wrapper.entries[0].name, "forward");
  EXPECT_EQ(wrapper.entries[1].name, "rows");
}

TEST_F(MultimodalEmbedder, TheExactReadingIsTheQuantizedOneButForFloat32Rounding) {
  calibrate(20);
  expect_near(run(Reading::kExact), run(Reading::kQuantize), 1e-6f);
}

TEST_F(MultimodalEmbedder, TreeBuilderFindsTheWrapperByType) {
  EXPECT_EQ(p_->tree->root().type, "Gemma4MultimodalEmbedder");
  EXPECT_EQ(p_->tree->root().plugin, "org.vernier.gemma4");
}

TEST_F(MultimodalEmbedder, FloatModeStaysUntouchedByQuantization) {
  const std::vector<float> before = run(Reading::kFloat);
  calibrate(20);
  run(Reading::kQuantize);
  EXPECT_EQ(run(Reading::kFloat), before);
}

TEST_F(MultimodalEmbedder, FullFlowGivesASmallError) {
  calibrate(3);
  const std::vector<float> quantized = run(Reading::kQuantize), reference = run(Reading::kFloat);
  double sum = 0;
  for (size_t i = 0; i < reference.size(); ++i) sum += std::abs(quantized[i] - reference[i]);
  EXPECT_LT(sum / static_cast<double>(reference.size()), 0.01);
  EXPECT_GT(sum, 0.0) << "nothing was quantized";
}

TEST_F(MultimodalEmbedder, ExportFlowGivesTwoQuantizedOperators) {
  calibrate(20);
  const Graph recorded = with_qparams(*runner_->graph(types_of(sample_)), *p_->tree, QParamsOf::kConversion);
  const CapturedGraph captured(recorded, *p_->tree, *device_);
  ASSERT_EQ(captured.graph().nodes.size(), 2u);
  EXPECT_EQ(captured.graph().nodes[0].op, "rms_norm");
  EXPECT_EQ(captured.graph().nodes[1].op, "linear");
  for (const GraphValue& value : captured.graph().values)
    EXPECT_TRUE(value.qparams.has_value()) << value.name;
}

}  // namespace
}  // namespace vernier::core::testing
