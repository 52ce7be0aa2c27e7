// Reading a captured graph: what a backend turns into a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vernier/abi/graph.h"
#include "vernier/dtype.h"
#include "vernier/host.h"
#include "vernier/options.h"

namespace vernier {

class Graph;

// One value. Views live as long as the graph.
struct GraphValue {
  std::string_view name;  // unique in the graph
  std::vector<int64_t> shape;
  DType dtype;               // of the codes where quantized, else of the values
  uint32_t kind = 0;         // VERNIER_GRAPH_*
  std::vector<float> scale;  // empty where not quantized
  std::vector<int32_t> zero_point;
  int64_t axis = -1;           // of the scales; -1 per tensor, and with blocks
  std::vector<int64_t> block;  // the shape over which one scale holds (abi/qparams.h); empty where not
                               // quantized, and from a host before ABI 1.2
  // Of each axis the name of the open extent that it has, empty where it is fixed; empty where none is open.
  std::vector<std::string_view> extents;
  uint64_t constant_bytes = 0;  // packed length of a constant
  bool is_filled = false;    // no checkpoint holds this constant under its name; false from a host of ABI 1.0
  uint64_t constant_id = 0;  // constants of one id have the same bytes in all graphs of a set; 0: none

  // Whether the caller of the file chooses the extent of axis `which`; `shape` has that of one sample.
  [[nodiscard]] bool is_open(size_t which) const { return which < extents.size() && !extents[which].empty(); }
  [[nodiscard]] bool has_open_extent() const {
    for (const std::string_view extent : extents)
      if (!extent.empty()) return true;
    return false;
  }
  [[nodiscard]] bool is_input() const { return kind == VERNIER_GRAPH_INPUT; }
  [[nodiscard]] bool is_constant() const { return kind == VERNIER_GRAPH_CONSTANT; }
  [[nodiscard]] bool is_quantized() const { return !scale.empty(); }
};

struct GraphNode {
  std::string_view op;
  std::string_view module;  // path of the module that called the op
  uint32_t version = 1;
  std::vector<uint32_t> inputs;  // VERNIER_GRAPH_NO_VALUE where an optional argument is absent
  std::vector<uint32_t> outputs;

  [[nodiscard]] bool has(std::string_view name) const {
    vernier_argument ignored{};
    return read(name, ignored) == VERNIER_OK;
  }
  [[nodiscard]] int64_t integer(std::string_view name) const {
    return get(name, VERNIER_ARGUMENT_INTEGER).as.integer;
  }
  [[nodiscard]] double number(std::string_view name) const {
    return get(name, VERNIER_ARGUMENT_NUMBER).as.number;
  }
  [[nodiscard]] std::vector<int64_t> integers(std::string_view name) const {
    const vernier_argument a = get(name, VERNIER_ARGUMENT_INTEGERS);
    return {a.as.integers, a.as.integers + a.count};
  }
  [[nodiscard]] std::string_view text(std::string_view name) const {
    const vernier_argument a = get(name, VERNIER_ARGUMENT_TEXT);
    return {a.as.text, a.count};
  }
  // "model.embed_vision: linear", for messages.
  [[nodiscard]] std::string where() const { return std::string(module) + ": " + std::string(op); }

 private:
  friend class Graph;
  vernier_status read(std::string_view name, vernier_argument& result) const;
  [[nodiscard]] vernier_argument get(std::string_view name, uint32_t kind) const {
    vernier_argument result{};
    if (read(name, result) != VERNIER_OK || result.kind != kind)
      throw invalid_argument(where() + " has no such attribute: " + std::string(name));
    return result;
  }
  vernier_graph graph_ = VERNIER_NULL_HANDLE;
  uint64_t index_ = 0;
};

// Whether something that `node` reads or makes has an open extent; `values` are those of its graph.
[[nodiscard]] inline bool touches_open_extent(const GraphNode& node, const std::vector<GraphValue>& values) {
  for (const auto* list : {&node.inputs, &node.outputs})
    for (const uint32_t value : *list)
      if (value != VERNIER_GRAPH_NO_VALUE && values.at(value).has_open_extent()) return true;
  return false;
}

class Graph {
 public:
  explicit Graph(vernier_graph handle) : handle_(handle) {
    check(table().counts(host_context(), handle_, &value_count_, &node_count_));
  }

  [[nodiscard]] std::string_view name() const {
    vernier_string text{};
    check(table().name(host_context(), handle_, &text));
    return to_view(text);
  }
  [[nodiscard]] uint64_t value_count() const { return value_count_; }
  [[nodiscard]] uint64_t node_count() const { return node_count_; }

  [[nodiscard]] GraphValue value(uint64_t index) const {
    vernier_graph_value v{};
    v.size = VERNIER_SIZE_UP_TO(vernier_graph_value, extents);
    check(table().value(host_context(), handle_, index, &v));
    GraphValue result;
    result.name = to_view(v.name);
    result.shape.assign(v.shape, v.shape + v.rank);
    result.dtype = v.dtype;
    result.kind = v.kind;
    result.scale.assign(v.scale, v.scale + v.qparam_count);
    result.zero_point.assign(v.zero_point, v.zero_point + v.qparam_count);
    result.axis = v.axis;
    result.constant_bytes = v.constant_bytes;
    result.is_filled = v.is_filled != 0;
    result.constant_id = v.constant_id;
    if (v.block != nullptr) result.block.assign(v.block, v.block + v.rank);
    for (uint64_t i = 0; v.extents != nullptr && i < v.rank; ++i)
      result.extents.push_back(to_view(v.extents[i]));
    return result;
  }
  [[nodiscard]] std::vector<GraphValue> values() const {
    std::vector<GraphValue> all;
    for (uint64_t i = 0; i < value_count_; ++i) all.push_back(value(i));
    return all;
  }
  [[nodiscard]] GraphNode node(uint64_t index) const {
    vernier_graph_node n{};
    n.size = VERNIER_SIZE_UP_TO(vernier_graph_node, reserved);
    check(table().node(host_context(), handle_, index, &n));
    GraphNode result;
    result.op = to_view(n.op);
    result.module = to_view(n.module);
    result.version = n.op_version;
    result.inputs.assign(n.inputs, n.inputs + n.input_count);
    result.outputs.assign(n.outputs, n.outputs + n.output_count);
    result.graph_ = handle_;
    result.index_ = index;
    return result;
  }
  [[nodiscard]] std::vector<GraphNode> nodes() const {
    std::vector<GraphNode> all;
    for (uint64_t i = 0; i < node_count_; ++i) all.push_back(node(i));
    return all;
  }
  [[nodiscard]] std::vector<uint32_t> inputs() const { return list(table().inputs); }
  [[nodiscard]] std::vector<uint32_t> outputs() const { return list(table().outputs); }

  // What belongs to the whole graph, by name: "module", "type", "entry", "config", "model_config". Empty
  // where there is none, and from a host before ABI 1.2.
  [[nodiscard]] std::string_view attribute(std::string_view name) const {
    vernier_argument found{};
    if (!VERNIER_HAS(vernier_graph_interface, &table(), graph_attribute)) return {};
    const vernier_status status = table().graph_attribute(host_context(), handle_, to_abi(name), &found);
    if (status == VERNIER_NOT_FOUND || found.kind != VERNIER_ARGUMENT_TEXT) return {};
    check(status);
    return {found.as.text, found.count};
  }
  // The checkpoint's config.json; throws Error where the host is before ABI 1.2.
  [[nodiscard]] Options model_config() const {
    const std::string_view json = attribute("model_config");
    if (json.empty()) throw unimplemented("this host is older than ABI 1.2 and gives no config");
    return Options(std::string(json));
  }

  // All bytes of a constant, packed as its dtype says.
  [[nodiscard]] std::vector<std::byte> constant(uint64_t index) const {
    std::vector<std::byte> bytes(static_cast<size_t>(value(index).constant_bytes));
    read_constant(index, 0, bytes.data(), bytes.size());
    return bytes;
  }
  void read_constant(uint64_t index, uint64_t offset, void* destination, uint64_t length) const {
    check(table().read_constant(host_context(), handle_, index, offset, destination, length));
  }

  static const vernier_graph_interface& table() {
    static const auto& found = interface<vernier_graph_interface>(VERNIER_GRAPH);
    return found;
  }

 private:
  template <typename Function>
  [[nodiscard]] std::vector<uint32_t> list(Function function) const {
    const uint32_t* indices = nullptr;
    uint64_t count = 0;
    check(function(host_context(), handle_, &indices, &count));
    return {indices, indices + count};
  }

  vernier_graph handle_;
  uint64_t value_count_ = 0;
  uint64_t node_count_ = 0;
};

inline vernier_status GraphNode::read(std::string_view name, vernier_argument& result) const {
  return Graph::table().attribute(host_context(), graph_, index_, to_abi(name), &result);
}

}  // namespace vernier
