#include "graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "vernier/core/error.h"

namespace vernier::core {

bool TableData::operator==(const TableData& other) const {
  return name == other.name && values.dtype == other.values.dtype && values.shape == other.values.shape &&
         std::memcmp(values.data, other.values.data, values.bytes()) == 0;
}

uint64_t value_bytes(const GraphValue& value) {
  return value.dtype.bytes(static_cast<uint64_t>(element_count(value.shape)));
}

bool GraphValue::operator==(const GraphValue& other) const {
  const bool is_same_table =
      table == other.table || (table != nullptr && other.table != nullptr && *table == *other.table);
  return is_same_table && name == other.name && shape == other.shape && extents == other.extents &&
         dtype == other.dtype && kind == other.kind && qparams == other.qparams &&
         constant_bytes == other.constant_bytes && is_filled == other.is_filled &&
         parameter == other.parameter && constant_id == other.constant_id;
}

void name_outputs(Graph& graph) {
  const std::vector<std::string> names = std::exchange(graph.output_names, {});
  for (size_t i = 0; i < names.size(); ++i) {
    const ValueIndex output = graph.outputs.at(i);
    const auto other =
        std::find(graph.outputs.begin(), graph.outputs.begin() + static_cast<int64_t>(i), output);
    const bool is_twice = other != graph.outputs.begin() + static_cast<int64_t>(i);
    if (is_twice || graph.values[output].kind != ValueKind::kIntermediate) {
      const std::string what =
          is_twice ? "the output " + names[static_cast<size_t>(other - graph.outputs.begin())]
          : graph.values[output].kind == ValueKind::kInput ? "the input " + graph.values[output].name
                                                           : "the constant " + graph.values[output].name;
      throw plugin_error(
          fmt::format("output {} of {} is {}, and cannot have a name of its own", names[i], graph.name, what),
          graph.name, "return a value that the entry computes, or name no outputs in the manifest");
    }
    graph.values[output].name = names[i];
  }
  if (names.empty()) return;
  std::set<std::string> taken;
  for (const GraphValue& value : graph.values) taken.insert(value.name);
  for (ValueIndex i = 0; i < graph.values.size(); ++i) {
    std::string& name = graph.values[i].name;
    const bool is_output = std::find(graph.outputs.begin(), graph.outputs.end(), i) != graph.outputs.end();
    if (is_output || std::find(names.begin(), names.end(), name) == names.end()) continue;
    if (graph.values[i].kind != ValueKind::kIntermediate)
      throw plugin_error(fmt::format("an output of {} has the name of its {} {}", graph.name,
                                     graph.values[i].kind == ValueKind::kInput ? "input" : "constant", name),
                         graph.name, "give it another name in the manifest");
    for (int number = 2;; ++number) {
      const std::string free = fmt::format("{}#{}", name, number);
      if (!taken.insert(free).second) continue;
      name = free;
      break;
    }
  }
}

}  // namespace vernier::core
