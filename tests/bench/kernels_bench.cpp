// The kernels beside LibTorch's, each as GB/s of float32 read, so that `copy_` of the same tensor in the same
// run is the yardstick. tests/bench/ratios.py prints the ratios.
#include <ATen/Parallel.h>
#include <ATen/ops/aminmax.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/fake_quantize_per_channel_affine.h>
#include <ATen/ops/fake_quantize_per_tensor_affine.h>
#include <ATen/ops/full.h>
#include <ATen/ops/histc.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <map>
#include <vector>

#include "kernels/channel_view.h"
#include "kernels/fake_quant.h"
#include "kernels/histogram.h"
#include "kernels/min_max.h"
#include "kernels/thread_pool.h"

namespace {

using namespace vernier::core;

constexpr int kThreads = 2;

ThreadPool& pool() {
  static ThreadPool threads(kThreads);
  return threads;
}

// [rows, 1024] float32 of `mebibytes`, the same for every benchmark.
const at::Tensor& input(int64_t mebibytes) {
  static std::map<int64_t, at::Tensor> kept;
  at::Tensor& tensor = kept[mebibytes];
  if (!tensor.defined()) tensor = at::randn({mebibytes * 256, 1024});
  return tensor;
}

QParams qparams(int64_t count, int64_t axis) {
  QParams q;
  q.dtype = vernier::kUInt8;
  q.axis = axis;
  q.scale.assign(static_cast<size_t>(count), 0.03f);
  q.zero_point.assign(static_cast<size_t>(count), 128);
  return q;
}

Shape shape_of(const at::Tensor& x) { return {x.size(0), x.size(1)}; }

// Runs `body(x, y)`, y being a tensor of x's size whose pages have been touched.
template <typename Body>
void measure(benchmark::State& state, Body&& body) {
  const c10::InferenceMode guard;
  at::set_num_threads(kThreads);
  const at::Tensor& x = input(state.range(0));
  at::Tensor y = at::full({x.size(0), x.size(1)}, 0.0f);
  for (auto _ : state) body(x, y);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(x.nbytes()));
}

void copy(benchmark::State& state) {
  measure(state, [](const at::Tensor& x, at::Tensor& y) { y.copy_(x); });
}
void torch_min_max(benchmark::State& state) {
  measure(state, [](const at::Tensor& x, at::Tensor&) { benchmark::DoNotOptimize(at::aminmax(x)); });
}
void torch_min_max_channels(benchmark::State& state) {
  measure(state, [](const at::Tensor& x, at::Tensor&) { benchmark::DoNotOptimize(at::aminmax(x, 1)); });
}
void torch_fake_quant(benchmark::State& state) {
  measure(state, [](const at::Tensor& x, at::Tensor&) {
    benchmark::DoNotOptimize(at::fake_quantize_per_tensor_affine(x, 0.03, 128, 0, 255));
  });
}
void torch_fake_quant_channels(benchmark::State& state) {
  const int64_t rows = input(state.range(0)).size(0);
  const at::Tensor scale = at::full({rows}, 0.03f), zero = at::full({rows}, 128, at::kInt);
  measure(state, [&](const at::Tensor& x, at::Tensor&) {
    benchmark::DoNotOptimize(at::fake_quantize_per_channel_affine(x, scale, zero, 0, 0, 255));
  });
}

void vernier_min_max(benchmark::State& state) {
  measure(state, [](const at::Tensor& x, at::Tensor&) {
    float low = 0, high = 0;
    benchmark::DoNotOptimize(min_max(x.const_data_ptr<float>(), x.numel(), low, high, pool()));
  });
}
void min_max_along(benchmark::State& state, int64_t axis) {
  measure(state, [axis](const at::Tensor& x, at::Tensor&) {
    std::vector<float> low(static_cast<size_t>(x.size(axis))), high(low.size());
    benchmark::DoNotOptimize(min_max(x.const_data_ptr<float>(), ChannelView::of(shape_of(x), axis),
                                     low.data(), high.data(), pool()));
  });
}
void vernier_min_max_axis0(benchmark::State& state) { min_max_along(state, 0); }
void vernier_min_max_axis1(benchmark::State& state) { min_max_along(state, 1); }

constexpr int64_t kBins = 8192;
void torch_histogram(benchmark::State& state) {
  measure(state,
          [](const at::Tensor& x, at::Tensor&) { benchmark::DoNotOptimize(at::histc(x, kBins, -8, 8)); });
}
void vernier_histogram(benchmark::State& state) {
  std::vector<uint64_t> counts(kBins);
  measure(state, [&](const at::Tensor& x, at::Tensor&) {
    add_to_histogram(x.const_data_ptr<float>(), x.numel(), 8, counts.data(), kBins, pool());
  });
}

void fake_quant_along(benchmark::State& state, int64_t axis) {
  measure(state, [axis](const at::Tensor& x, at::Tensor& y) {
    const QParams q = qparams(axis < 0 ? 1 : x.size(axis), axis);
    fake_quant(x.const_data_ptr<float>(), ChannelView::of(shape_of(x), axis), q, y.mutable_data_ptr<float>(),
               pool());
  });
}
void vernier_fake_quant(benchmark::State& state) { fake_quant_along(state, -1); }
void vernier_fake_quant_axis0(benchmark::State& state) { fake_quant_along(state, 0); }
void vernier_fake_quant_axis1(benchmark::State& state) { fake_quant_along(state, 1); }

}  // namespace

#define VERNIER_BENCH(name) BENCHMARK(name)->Arg(64)->Arg(4)->UseRealTime()->Unit(benchmark::kMicrosecond)
VERNIER_BENCH(copy);
VERNIER_BENCH(vernier_min_max);
VERNIER_BENCH(vernier_min_max_axis0);
VERNIER_BENCH(vernier_min_max_axis1);
VERNIER_BENCH(vernier_histogram);
VERNIER_BENCH(vernier_fake_quant);
VERNIER_BENCH(vernier_fake_quant_axis0);
VERNIER_BENCH(vernier_fake_quant_axis1);
VERNIER_BENCH(torch_min_max);
VERNIER_BENCH(torch_min_max_channels);
VERNIER_BENCH(torch_histogram);
VERNIER_BENCH(torch_fake_quant);
VERNIER_BENCH(torch_fake_quant_channels);
