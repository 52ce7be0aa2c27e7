// A graph in memory: what a trace gives, folding rewrites and the message carries.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

using ValueIndex = uint32_t;
inline constexpr ValueIndex kNoValue = 0xffffffff;

enum class ValueKind : uint32_t { kInput = 0, kConstant = 1, kIntermediate = 2 };

using Attribute = std::variant<int64_t, double, std::vector<int64_t>, std::string>;

// The numbers of a table that a forward gave, as long as it has no other place.
struct TableData {
  std::string name;  // within its module
  Tensor values;

  bool operator==(const TableData& other) const;
};

struct GraphValue {
  std::string name;  // unique in the graph
  Shape shape;
  // The name of the open extent that an axis has; empty: the axis is fixed. No names: no axis is open. See
  // open_extents.h.
  std::vector<std::string> extents = {};
  DType dtype;  // of the codes where quantized, else of the values
  ValueKind kind = ValueKind::kIntermediate;
  std::optional<QParams> qparams;
  uint64_t constant_bytes = 0;  // length of a constant's packed data
  bool is_filled = false;    // a constant that no checkpoint holds under this name: a wrapper's own number, a
                             // second form of another
  int32_t parameter = -1;    // of a constant of a traced graph: its place among the tree's parameters
  uint64_t constant_id = 0;  // of a constant of a set of graphs: equal ids have equal bytes; 0: none
  std::shared_ptr<const TableData> table;  // of a constant of a trace that is not bound to the tree yet

  // Tables are equal where their numbers are.
  bool operator==(const GraphValue& other) const;
};

// Of a value's elements, packed.
[[nodiscard]] uint64_t value_bytes(const GraphValue& value);

struct GraphNode {
  std::string op;
  uint32_t version = 1;
  std::string module;              // path of the module that called the op
  std::vector<ValueIndex> inputs;  // kNoValue where an optional argument is absent
  std::vector<ValueIndex> outputs;
  std::map<std::string, Attribute> attributes;  // sorted: the message is deterministic
  // Of a "fake_quantize" of a traced graph: its place among the tree's sites. A second input says which rows
  // of the first the site's observer sees.
  int32_t site = -1;

  bool operator==(const GraphNode&) const = default;
};

// One call of a module, within a traced graph: nodes [first_node, end_node).
struct GraphScope {
  std::string module;
  std::string entry;
  uint32_t call = 0;               // how often the module was called before
  std::vector<ValueIndex> inputs;  // kNoValue where an optional one is absent
  std::vector<ValueIndex> outputs;
  uint32_t first_node = 0;
  uint32_t end_node = 0;

  bool operator==(const GraphScope&) const = default;
};

struct Graph {
  std::string name;  // "<module path>:<entry>"
  std::vector<GraphValue> values;
  std::vector<GraphNode> nodes;  // execution order
  std::vector<ValueIndex> inputs;
  std::vector<ValueIndex> outputs;
  std::vector<GraphScope> scopes;               // in order of their beginnings; only a traced graph has them
  std::map<std::string, Attribute> attributes;  // of the graph as a whole, see abi/graph.h
  std::vector<std::string> output_names;        // that a file's outputs get, see name_outputs(); empty: none

  bool operator==(const Graph&) const = default;
};

// Gives the outputs their names, those of another value included, which gets a number; then forgets them.
// Throws Error (kPlugin) for an output that cannot have a name of its own: it is an input, a constant or
// another output.
void name_outputs(Graph& graph);

}  // namespace vernier::core
