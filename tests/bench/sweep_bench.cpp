// Calibration of a decoder of 35 layers with bfloat16 weights on 16 samples: a sweep that may hold all
// weights in float32, one that may hold a fifth of them, and each sample by itself, in turn.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <deque>
#include <memory>
#include <random>

#include "device/device.h"
#include "kernels/thread_pool.h"
#include "sweep/sweep.h"
#include "vernier/core/device_factory.h"

namespace {

using namespace vernier::core;
using vernier::kBFloat16;
using vernier::kFloat32;

constexpr int64_t kLayers = 35, kHidden = 256, kInner = 1024;
constexpr uint64_t kSamples = 16;

Tensor random_tensor(vernier::DType dtype, Shape shape, uint32_t seed) {
  Tensor x = Tensor::allocate(dtype, std::move(shape));
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, 0.05F);
  for (int64_t i = 0; i < x.elements(); ++i) {
    const float value = normal(random);
    if (dtype == kFloat32)
      x.mutable_as<float>()[i] = value;
    else
      x.mutable_as<uint16_t>()[i] = static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16);
  }
  return x;
}

class Decoder : public GraphData {
 public:
  explicit Decoder(int64_t tokens) : tokens_(tokens) {
    ValueIndex x = add({tokens, kHidden}, ValueKind::kInput);
    graph_->inputs = {x};
    for (int64_t i = 0; i < kLayers; ++i) x = layer(fmt::format("layers.{}", i), x);
    graph_->outputs = {x};
  }
  [[nodiscard]] std::shared_ptr<const Graph> graph() const { return graph_; }
  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const {
    return {random_tensor(kFloat32, {tokens_, kHidden}, static_cast<uint32_t>(1000 + index))};
  }
  // Of all weights, in float32.
  [[nodiscard]] uint64_t bytes() const {
    uint64_t sum = 0;
    for (const Tensor& one : weights_)
      if (one.dtype == kBFloat16) sum += 2 * one.bytes();
    return sum;
  }

 private:
  [[nodiscard]] ConstantData constant(const GraphValue& value) const override {
    return {weights_.at(static_cast<size_t>(value.parameter)), nullptr, nullptr};
  }
  [[nodiscard]] const QParams& qparams(const GraphNode&) const override {
    static const QParams kNone;
    return kNone;
  }
  ValueIndex add(Shape shape, ValueKind kind) {
    GraphValue value;
    value.name = fmt::format("v{}", graph_->values.size());
    value.shape = std::move(shape);
    value.dtype = kFloat32;
    value.kind = kind;
    graph_->values.push_back(std::move(value));
    return static_cast<ValueIndex>(graph_->values.size() - 1);
  }
  ValueIndex node(const char* op, std::vector<ValueIndex> inputs, Shape shape,
                  std::map<std::string, Attribute> attributes = {}) {
    GraphNode one;
    one.op = op;
    one.inputs = std::move(inputs);
    one.outputs = {add(std::move(shape), ValueKind::kIntermediate)};
    one.attributes = std::move(attributes);
    graph_->nodes.push_back(std::move(one));
    return graph_->nodes.back().outputs[0];
  }
  ValueIndex watched(ValueIndex x) {
    const ValueIndex y = node("fake_quantize", {x}, graph_->values[x].shape);
    graph_->nodes.back().site = sites_++;
    return y;
  }
  ValueIndex weight(vernier::DType dtype, Shape shape) {
    const ValueIndex index = add(shape, ValueKind::kConstant);
    graph_->values[index].parameter = static_cast<int32_t>(weights_.size());
    weights_.push_back(random_tensor(dtype, std::move(shape), static_cast<uint32_t>(weights_.size())));
    return index;
  }
  ValueIndex norm(ValueIndex x) {
    const ValueIndex scale = weight(kFloat32, {kHidden});
    return watched(node("rms_norm", {x, scale}, {tokens_, kHidden}, {{"eps", 1e-6}}));
  }
  ValueIndex linear(const std::string& module, ValueIndex x, int64_t in, int64_t out) {
    const auto first = static_cast<uint32_t>(graph_->nodes.size());
    const ValueIndex y = watched(node("linear", {x, weight(kBFloat16, {out, in}), kNoValue}, {tokens_, out}));
    graph_->scopes.push_back({module, "forward", 0, {}, {}, first, first + 2});
    return y;
  }
  ValueIndex layer(const std::string& path, ValueIndex x) {
    const Shape wide{tokens_, kHidden}, square{tokens_, tokens_}, inner{tokens_, kInner};
    const ValueIndex in = norm(x);
    const ValueIndex q = linear(path + ".q", in, kHidden, kHidden),
                     k = linear(path + ".k", in, kHidden, kHidden),
                     v = linear(path + ".v", in, kHidden, kHidden);
    const ValueIndex turned =
        node("permute", {k}, {kHidden, tokens_}, {{"axes", std::vector<int64_t>{1, 0}}});
    const ValueIndex share =
        watched(node("softmax", {node("matmul", {q, turned}, square)}, square, {{"axis", int64_t{-1}}}));
    const ValueIndex mixed = watched(node("matmul", {share, v}, wide));
    x = watched(node("add", {x, linear(path + ".o", mixed, kHidden, kHidden)}, wide));
    const ValueIndex between = norm(x);
    const ValueIndex gate = node("silu", {linear(path + ".gate", between, kHidden, kInner)}, inner);
    const ValueIndex up = linear(path + ".up", between, kHidden, kInner);
    const ValueIndex product = watched(node("mul", {gate, up}, inner));
    return watched(node("add", {x, linear(path + ".down", product, kInner, kHidden)}, wide));
  }

  const int64_t tokens_;
  int32_t sites_ = 0;
  std::shared_ptr<Graph> graph_ = std::make_shared<Graph>();
  std::deque<Tensor> weights_;
};

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

void calibrate(benchmark::State& state) {
  const Decoder decoder(state.range(0));
  const std::unique_ptr<ThreadPool> pool = ThreadPool::of_process(1);
  const std::unique_ptr<Device> device = default_device()(*pool);
  const CompiledGraph compiled{
      decoder.graph(), std::make_shared<Interpreter>(*decoder.graph(), decoder, *device, RunControl::none())};
  const auto observe = [&](int, const Tensor& x) {
    float low = 0, high = 0;
    benchmark::DoNotOptimize(device->range(x, -1, {&low, 1}, {&high, 1}));
  };
  const auto sweep = [&](const SweepLimits& limits) {
    uint64_t next = 0;
    Sweep([&](std::span<const TensorType>) { return compiled; }, limits)
        .run(kSamples, [&]() -> std::optional<SweepSample> {
          if (next == kSamples) return std::nullopt;
          SweepSample sample;
          sample.lanes.push_back(
              {Reading::kCalibrate, [&decoder, index = next] { return decoder.sample(index); }, observe});
          ++next;
          return sample;
        });
  };
  const auto one_by_one = [&] {
    for (uint64_t i = 0; i < kSamples; ++i)
      compiled.interpreter->run(Reading::kCalibrate, decoder.sample(i), observe);
  };
  const SweepLimits all{decoder.bytes(), uint64_t{1} << 30}, fifth{decoder.bytes() / 5, uint64_t{1} << 30};
  const std::array<std::function<void()>, 4> ways = {[&] { sweep(all); }, [&] { sweep(fifth); },
                                                     [&] { sweep({}); }, one_by_one};
  std::array<std::vector<double>, 4> seconds;
  for (auto _ : state) {
    for (size_t way = 0; way < ways.size(); ++way) {
      const auto begin = std::chrono::steady_clock::now();
      ways[way]();
      seconds[way].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
  }
  // Speeds: more is faster.
  state.counters["fifth_to_all"] = median(seconds[0]) / median(seconds[1]);
  state.counters["session_to_all"] = median(seconds[0]) / median(seconds[2]);
  state.counters["fifth_to_one_by_one"] = median(seconds[3]) / median(seconds[1]);
  state.counters["seconds_all"] = median(seconds[0]);
}
BENCHMARK(calibrate)->ArgName("tokens")->Arg(16)->Iterations(9)->Unit(benchmark::kMillisecond);

}  // namespace
