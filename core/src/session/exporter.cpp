#include "session/exporter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "graph/bias.h"
#include "graph/fold.h"
#include "graph/lower.h"
#include "text/contains.h"

namespace vernier::core {

namespace {

// What codes of 32 or 64 bits mean.
Tensor reals_of(const GraphValue& value, const std::vector<std::byte>& codes) {
  Tensor reals = Tensor::allocate(kFloat64, value.shape);
  const std::vector<float>& scale = value.qparams->scale;
  for (int64_t i = 0; i < reals.elements(); ++i) {
    int64_t code = 0;
    if (value.dtype == kInt64) {
      std::memcpy(&code, codes.data() + i * 8, 8);
    } else {
      int32_t narrow = 0;
      std::memcpy(&narrow, codes.data() + i * 4, 4);
      code = narrow;
    }
    reals.mutable_as<double>()[i] =
        static_cast<double>(code) *
        static_cast<double>(scale[scale.size() == 1 ? 0 : static_cast<size_t>(i)]);
  }
  return reals;
}

// Bytes [offset, offset + length) of a constant of elements of `dtype`. `make` gives elements that begin and
// end with whole bytes; only those that the bytes share in are made.
template <typename Make>
void read_bytes(DType dtype, uint64_t elements, uint64_t offset, void* destination, uint64_t length,
                Make make) {
  const auto bits = static_cast<uint64_t>(dtype.bits);
  const uint64_t first = bits < 8 ? offset * 8 / bits : offset / (bits / 8);
  const uint64_t end =
      bits < 8 ? std::min(elements, (offset + length) * 8 / bits) : (offset + length - 1) / (bits / 8) + 1;
  const ElementRange which{static_cast<int64_t>(first), static_cast<int64_t>(end - first)};
  const uint64_t begin = dtype.bytes(first);
  const bool is_aligned = reinterpret_cast<uintptr_t>(destination) % std::max<uint64_t>(1, bits / 8) == 0;
  if (begin == offset && dtype.bytes(end) == offset + length && is_aligned)
    return make(which, static_cast<std::byte*>(destination));
  const Tensor part = Tensor::allocate(dtype, {which.count});
  make(which, const_cast<std::byte*>(part.data));
  std::memcpy(destination, part.data + (offset - begin), length);
}

// Of a large constant, which is read once for each file.
void let_go(const Tensor& source, ElementRange which) {
  constexpr int64_t kLarge = int64_t{1} << 26;
  if (source.elements() > kLarge) source.let_go(which.first, which.count);
}

}  // namespace

void check_capabilities(const Graph& graph, const ComponentInfo& backend) {
  for (const GraphNode& node : graph.nodes) {
    if (node.op == "fake_quantize" || contains(backend.ops, node.op)) continue;
    throw plugin_error(fmt::format("backend {} cannot write op {}", backend.name, node.op),
                       fmt::format("module {}", node.module.empty() ? "<root>" : node.module),
                       fmt::format("it writes: {}", fmt::join(backend.ops, ", ")));
  }
  for (const GraphValue& value : graph.values) {
    if (!value.extents.empty() && !backend.has_open_extents)
      throw plugin_error(fmt::format("backend {} cannot write an open extent", backend.name), value.name,
                         "leave out \"open\"; a backend that can says \"open_extents\" in its manifest")
          .with(VERNIER_UNIMPLEMENTED);
    if (value.qparams && value.qparams->block_size > 0 && !backend.writes_blocks)
      throw plugin_error(
          fmt::format("backend {} cannot write a scale for each block of {}", backend.name,
                      value.qparams->block_size),
          value.name, "set granularity channel or tensor; a backend that can says \"blocks\" in its manifest")
          .with(VERNIER_UNIMPLEMENTED);
    if (!value.qparams || value.qparams->is_float || contains(backend.dtypes, value.qparams->dtype.name()))
      continue;
    throw plugin_error(
        fmt::format("backend {} cannot write codes of {}", backend.name, value.qparams->dtype.name()),
        value.name, fmt::format("it writes: {}", fmt::join(backend.dtypes, ", ")));
  }
}

CapturedGraph::CapturedGraph(const Graph& recorded, const ModuleTree& tree, Device& device,
                             const ProfileLowering& lowering, const RunControl& control, KeptCodes* codes)
    : tree_(tree), device_(device), control_(control), codes_(codes), lowering_(lowering) {
  Folded folded = fold(recorded);
  graph_ = std::move(folded.graph);
  for (ValueIndex value = 0; value < graph_.values.size(); ++value) {
    if (graph_.values[value].kind != ValueKind::kConstant) continue;
    parameters_[value] = recorded.values[folded.origin[value]].parameter;
  }
  const BiasPlan biases = plan_biases(graph_, [&](ValueIndex value) {
    control.check();
    const Tensor& source = parameter_of(value).source;
    const Tensor floats = device_.widen(source, all_rows(source), kFloat32);
    return std::vector<float>(floats.as<float>(), floats.as<float>() + floats.elements());
  });
  for (const BiasCodes& bias : biases.biases) {
    biases_[bias.value] = bias.codes;
    parameters_.emplace(bias.value, parameters_.at(bias.source));
    bias_values_.emplace(bias.value, reals_of(graph_.values[bias.value], bias.codes));
  }
  saturated_ = biases.saturated();
  lower(graph_, lowering);
  name_outputs(graph_);
}

ConstantData CapturedGraph::constant(ValueIndex index) const {
  const GraphValue& value = graph_.values.at(index);
  const auto bias = bias_values_.find(index);
  const bool is_bias = bias != bias_values_.end();
  return {parameter_of(index).source, value.qparams && !is_bias ? &*value.qparams : nullptr,
          is_bias ? &bias->second : nullptr};
}

Tensor CapturedGraph::kept_codes(ValueIndex index) const {
  const auto& qparams = graph_.values.at(index).qparams;
  if (codes_ == nullptr || !qparams || biases_.contains(index)) return {};
  return codes_->find(parameters_.at(index), parameter_of(index).source, *qparams);
}

void CapturedGraph::read(ValueIndex index, uint64_t offset, void* destination, uint64_t length) const {
  control_.check();
  if (length == 0) return;
  if (const auto bias = biases_.find(index); bias != biases_.end()) {
    std::memcpy(destination, bias->second.data() + offset, length);
    return;
  }
  const Tensor& source = parameter_of(index).source;
  if (!graph_.values[index].qparams && graph_.values[index].dtype != kFloat32) {  // integers of the forward
    std::memcpy(destination, source.data + offset, length);
    return;
  }
  const auto elements = static_cast<uint64_t>(source.elements());
  const auto& qparams = graph_.values[index].qparams;
  const Tensor kept = qparams && codes_ != nullptr ? codes_->kept(parameters_.at(index), *qparams) : Tensor{};
  if (kept.defined()) {
    std::memcpy(destination, kept.data + offset, length);
  } else if (qparams) {
    read_bytes(qparams->dtype, elements, offset, destination, length,
               [&](ElementRange which, std::byte* codes) {
                 device_.encode_elements(source, which, *qparams, codes);
                 let_go(source, which);
               });
  } else {
    read_bytes(kFloat32, elements, offset, destination, length, [&](ElementRange which, std::byte* floats) {
      device_.widen_elements(source, which, reinterpret_cast<float*>(floats));
      let_go(source, which);
    });
  }
}

Graph planned_file(const Graph& planned) {
  Graph graph = fold(planned).graph;
  (void)plan_biases(graph, [&](ValueIndex value) {
    return std::vector<float>(static_cast<size_t>(element_count(graph.values[value].shape)));
  });
  name_outputs(graph);
  return graph;
}

}  // namespace vernier::core
