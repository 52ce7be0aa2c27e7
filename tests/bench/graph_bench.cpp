// What the graph costs without its tensors: a node of the interpreter on a device that computes nothing, and
// both traces of a decoder-sized encoder of 35 layers.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "interpreter/interpreter.h"
#include "kernels/thread_pool.h"
#include "session/prepare.h"
#include "support/temp_folder.h"
#include "trace/traces.h"
#include "vernier/core/synthesize.h"

namespace {

using namespace vernier::core;
using nlohmann::json;
using vernier::kFloat32;

class Idle : public Device {
 public:
  [[nodiscard]] std::string_view name() const override { return "idle"; }

 protected:
  Tensor run_op(uint32_t, std::span<const OpArgument> arguments, const TensorType&) override {
    return std::get<Tensor>(arguments[0]);
  }
  std::vector<Tensor> run_several(uint32_t, std::span<const OpArgument> arguments,
                                  std::span<const TensorType>) override {
    return {std::get<Tensor>(arguments[0])};
  }
  bool find_range(const Tensor&, int64_t, float*, float*) override { return true; }
  void add_histogram(const Tensor&, float, std::span<uint64_t>) override {}
  Tensor fake_quantize_single(const Tensor& x, const QParams&) override { return x; }
  void widen_to(const Tensor&, ElementRange, float*) override {}
  void encode_to(const Tensor&, ElementRange, const QParams&, std::byte*) override {}
  Tensor expand_single(const std::byte*, int64_t, const Shape&, const QParams&) override { return {}; }
  Tensor expand_rows_single(const Tensor&, const QParams&, std::span<const int64_t>) override { return {}; }
};

class NoData : public GraphData {
  [[nodiscard]] ConstantData constant(const GraphValue&) const override { return {}; }
  [[nodiscard]] const QParams& qparams(const GraphNode&) const override {
    static const QParams kNone;
    return kNone;
  }
};

Graph chain(int nodes) {
  Graph graph;
  for (int i = 0; i <= nodes; ++i) {
    GraphValue value;
    value.name = fmt::format("v{}", i);
    value.shape = {1};
    value.dtype = kFloat32;
    value.kind = i == 0 ? ValueKind::kInput : ValueKind::kIntermediate;
    graph.values.push_back(std::move(value));
  }
  for (int i = 0; i < nodes; ++i) {
    GraphNode node;
    node.op = "neg";
    node.inputs = {static_cast<ValueIndex>(i)};
    node.outputs = {static_cast<ValueIndex>(i + 1)};
    graph.nodes.push_back(std::move(node));
  }
  graph.inputs = {0};
  graph.outputs = {static_cast<ValueIndex>(nodes)};
  return graph;
}

void interpret(benchmark::State& state) {
  const Graph graph = chain(static_cast<int>(state.range(0)));
  const NoData data;
  Idle device;
  Interpreter interpreter(graph, data, device, RunControl::none());
  const std::vector<Tensor> inputs = {Tensor::allocate(kFloat32, {1})};
  for (auto _ : state) benchmark::DoNotOptimize(interpreter.run(Reading::kFloat, inputs));
  state.counters["ns_per_node"] =
      benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(interpret)->Arg(100'000)->Unit(benchmark::kMillisecond);

// A checkpoint of a BERT encoder of `layers` layers, 16 wide, and a recipe that quantizes every site of it.
void write_encoder(const std::filesystem::path& folder, int layers) {
  json tensors = json::array();
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    tensors.push_back({{"name", name},
                       {"dtype", "float32"},
                       {"shape", shape},
                       {"distribution", "normal"},
                       {"mean", 0},
                       {"std", 0.1}});
  };
  for (int i = 0; i < layers; ++i) {
    const std::string layer = fmt::format("encoder.layer.{}.", i);
    for (const char* name : {"attention.self.query", "attention.self.key", "attention.self.value",
                             "attention.output.dense", "intermediate.dense", "output.dense"}) {
      add(fmt::format("{}{}.weight", layer, name), {16, 16});
      add(fmt::format("{}{}.bias", layer, name), {16});
    }
    for (const char* name : {"attention.output.LayerNorm", "output.LayerNorm"}) {
      add(fmt::format("{}{}.weight", layer, name), {16});
      add(fmt::format("{}{}.bias", layer, name), {16});
    }
  }
  const json config = {{"hidden_size", 16},    {"intermediate_size", 16}, {"num_attention_heads", 2},
                       {"hidden_act", "gelu"}, {"layer_norm_eps", 1e-12}, {"num_hidden_layers", layers}};
  const json description = {{"seed", 1}, {"config", config}, {"tensors", tensors}};
  vernier::test::write_file(folder / "description.json", description.dump());
  synthesize(folder / "description.json", folder / "checkpoint");
  const json recipe = {
      {"version", 1},
      {"model",
       {{"checkpoint", (folder / "checkpoint").string()},
        {"module", "encoder"},
        {"type", "BertEncoder"},
        {"config", config}}},
      {"calibration",
       {{"inputs",
         {{"kind", "synthetic"},
          {"inputs", {{"hidden_states", {{"shape", {1, 8, 16}}}}, {"attention_mask", {{"shape", {1, 8}}}}}}}},
        {"samples", 1}}}};
  vernier::test::write_file(folder / "recipe.json", recipe.dump());
}

void trace(benchmark::State& state) {
  const vernier::test::TempFolder folder;
  write_encoder(folder.path(), static_cast<int>(state.range(0)));
  SessionOptions options;
  options.recipe = folder / "recipe.json";
  const Prepared p = prepare(options);
  const std::vector<TensorType> types = {{kFloat32, {1, 8, 16}}, {kFloat32, {1, 8}}};
  size_t nodes = 0;
  for (auto _ : state) {
    Traces traces(*p.services, *p.tree, "forward", p.input_names());  // two traces, and their comparison
    nodes = traces.graph(types)->nodes.size();
  }
  state.counters["nodes"] = static_cast<double>(nodes);
}
BENCHMARK(trace)->Arg(35)->Unit(benchmark::kMillisecond);

}  // namespace
