#include "report/float_work.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <numeric>

#include "circle/reader.h"

namespace vernier::core {

namespace {

bool is_readable(std::span<const std::byte> file) {
  return file.size() >= 8 &&
         (std::memcmp(file.data() + 4, "CIR0", 4) == 0 || std::memcmp(file.data() + 4, "TFL3", 4) == 0);
}

bool is_float(const CircleSubgraph& graph, int32_t tensor) {
  if (tensor < 0) return false;
  const std::string& type = graph.tensors[static_cast<size_t>(tensor)].type;
  return type == "FLOAT32" || type == "FLOAT16" || type == "FLOAT64" || type == "BFLOAT16";
}

bool is_passage(const std::string& op) { return op == "QUANTIZE" || op == "DEQUANTIZE" || op == "CAST"; }

void add(const CircleSubgraph& graph, const std::vector<int32_t>& tensors, std::vector<std::string>& names) {
  for (int32_t tensor : tensors) {
    if (is_float(graph, tensor)) names.push_back(graph.tensors[static_cast<size_t>(tensor)].name);
  }
}

}  // namespace

uint64_t FloatWork::count() const {
  return std::accumulate(operators.begin(), operators.end(), uint64_t{0},
                         [](uint64_t sum, const auto& one) { return sum + one.second; });
}

std::optional<FloatWork> float_work(std::span<const std::byte> file, const std::string& name) {
  if (!is_readable(file)) return std::nullopt;
  FloatWork work;
  for (const CircleSubgraph& graph : read_circle(file, name).subgraphs) {
    const auto is_float_one = [&](int32_t tensor) { return is_float(graph, tensor); };
    work.total += graph.operators.size();
    for (const CircleOperator& one : graph.operators) {
      if (is_passage(one.op)) continue;
      if (std::any_of(one.inputs.begin(), one.inputs.end(), is_float_one) ||
          std::any_of(one.outputs.begin(), one.outputs.end(), is_float_one))
        ++work.operators[one.op];
    }
    for (size_t tensor = 0; tensor < graph.tensors.size(); ++tensor)
      add(graph, {static_cast<int32_t>(tensor)}, work.tensors);
    add(graph, graph.inputs, work.inputs);
    add(graph, graph.outputs, work.outputs);
  }
  return work;
}

nlohmann::json to_json(const FloatWork& work) {
  return {{"operators", work.operators}, {"count", work.count()},   {"total", work.total},
          {"inputs", work.inputs},       {"outputs", work.outputs}, {"tensors", work.tensors.size()}};
}

}  // namespace vernier::core
