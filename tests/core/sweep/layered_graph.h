// Random graphs of layers, each a call of its own with a bfloat16 weight and a site, and data for them.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "core/graph/graph_builder.h"
#include "interpreter/interpreter.h"
#include "kernels/thread_pool.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core::testing {

inline constexpr int64_t kWidth = 4;
inline constexpr uint64_t kWeightBytes = kWidth * kWidth * sizeof(float);  // of a layer's, held

inline Tensor random_floats(Shape shape, uint32_t seed) {
  std::mt19937 random(seed);
  Tensor x = Tensor::allocate(kFloat32, std::move(shape));
  for (int64_t i = 0; i < x.elements(); ++i)
    x.mutable_as<float>()[i] = static_cast<float>(random() % 2001) / 1000 - 1;
  return x;
}

inline Tensor random_halves(Shape shape, uint32_t seed) {
  const Tensor wide = random_floats(shape, seed);
  Tensor x = Tensor::allocate(kBFloat16, std::move(shape));
  for (int64_t i = 0; i < x.elements(); ++i)
    x.mutable_as<uint16_t>()[i] = static_cast<uint16_t>(std::bit_cast<uint32_t>(wide.as<float>()[i]) >> 16);
  return x;
}

// Weight i is parameter i. Counts how often each is made anew in the quantize reading.
struct LayerData : GraphData {
  std::deque<Tensor> weights;
  std::vector<QParams> sites;
  QParams weight_qparams = per_tensor(1.0F / 128, 0, kInt8);
  mutable std::map<int32_t, int> made;

  explicit LayerData(int layers) {
    for (int i = 0; i < layers; ++i) {
      weights.push_back(random_halves({kWidth, kWidth}, static_cast<uint32_t>(i)));
      sites.push_back(per_tensor(0.02F + 0.001F * static_cast<float>(i), 128, kUInt8));
    }
  }
  [[nodiscard]] ConstantData constant(const GraphValue& value) const override {
    return {weights.at(static_cast<size_t>(value.parameter)), &weight_qparams, nullptr};
  }
  [[nodiscard]] Tensor kept_codes(const GraphValue& value) const override {
    ++made[value.parameter];
    return {};
  }
  [[nodiscard]] const QParams& qparams(const GraphNode& site) const override {
    return sites.at(static_cast<size_t>(site.site));
  }
};

// Graphs of equal `seed` are of one entry; `rows` is the shape of its samples, and where it is odd, layers
// have a node more. `shared`: two layers that show their results to one site; none where they are equal.
inline Graph layered_graph(int layers, int64_t rows, uint32_t seed, std::pair<int, int> shared = {0, 0}) {
  std::mt19937 random(seed);
  GraphBuilder b;
  const Shape shape{rows, kWidth};
  std::vector<ValueIndex> values = {b.input("x", shape), b.input("mask", shape)};
  const auto any = [&] { return values[random() % values.size()]; };
  std::vector<GraphScope> scopes = {{"", "forward", 0, {}, {}, 0, 0}};
  for (int i = 0; i < layers; ++i) {
    const auto first = static_cast<uint32_t>(b.graph.nodes.size());
    ValueIndex x = b.node("add", {values.back(), any()}, shape);
    if (rows % 2 == 1) x = b.node("neg", {b.node("neg", {x}, shape)}, shape);
    const ValueIndex weight = b.constant(fmt::format("w{}", i), {kWidth, kWidth});
    b.graph.values[weight].parameter = i;
    const ValueIndex y = b.node("linear", {x, weight, kNoValue}, shape);
    const int site = i == shared.second ? shared.first : i;
    values.push_back(b.quantize(y, per_tensor(1, 0), fmt::format("m{}/out", site)));
    b.graph.nodes.back().site = site;
    scopes.push_back(
        {fmt::format("m{}", i), "forward", 0, {}, {}, first, static_cast<uint32_t>(b.graph.nodes.size())});
    if (random() % 2 == 0) values.push_back(b.node("tanh", {any()}, shape));
  }
  scopes[0].end_node = static_cast<uint32_t>(b.graph.nodes.size());
  const ValueIndex early = values[values.size() / 2];
  Graph graph = b.outputs({values.back(), early});
  graph.scopes = std::move(scopes);
  return graph;
}

inline uint64_t held_bytes(const GraphValue& constant) {
  return sizeof(float) * static_cast<uint64_t>(element_count(constant.shape));
}

}  // namespace vernier::core::testing
