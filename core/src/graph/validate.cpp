#include "graph/validate.h"

#include <flatbuffers/util.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <unordered_set>

namespace vernier::core {
namespace {

const char* const kHint = "the graph is damaged or was written by another program; capture it again";

bool is_utf8(const std::string& text) {
  const char* at = text.c_str();  // ends in a zero byte, which is no continuation byte
  const char* const end = at + text.size();
  while (at < end) {
    if (flatbuffers::FromUTF8(&at) < 0) return false;
  }
  return true;
}

bool is_known(DType dtype) {
  switch (dtype.code) {
    case VERNIER_DTYPE_INT:
    case VERNIER_DTYPE_UINT:
      return dtype.bits == 2 || dtype.bits == 4 || dtype.bits == 8 || dtype.bits == 16 || dtype.bits == 32 ||
             dtype.bits == 64;
    case VERNIER_DTYPE_FLOAT:
      return dtype.bits == 16 || dtype.bits == 32 || dtype.bits == 64;
    case VERNIER_DTYPE_BFLOAT:
      return dtype.bits == 16;
    case VERNIER_DTYPE_BOOL:
      return dtype.bits == 8;
    default:
      return false;
  }
}

bool is_code(DType dtype, int32_t zero_point) {
  if (dtype.bits > 32) return dtype.is_signed() || zero_point >= 0;
  return zero_point >= dtype.qmin() && zero_point <= dtype.qmax();
}

class Validator {
 public:
  Validator(const Graph& graph, ErrorKind kind) : graph_(graph), kind_(kind) {}

  void structure() {
    if (graph_.values.size() >= kMaxGraphValues)
      fail("graph", fmt::format("has {} values, more than this host reads", graph_.values.size()));
    defined_.assign(graph_.values.size(), false);
    inputs();
    for (size_t i = 0; i < graph_.nodes.size(); ++i) node_edges(i);
    if (graph_.outputs.empty()) fail("graph", "has no outputs");
    for (ValueIndex index : graph_.outputs) {
      if (index >= graph_.values.size()) fail("graph", fmt::format("output {} is no value", index));
      if (!defined_[index]) fail(describe_value(graph_, index), "is a graph output that nothing produces");
    }
    for (ValueIndex i = 0; i < graph_.values.size(); ++i) {
      if (!defined_[i]) fail(describe_value(graph_, i), "is produced by no node");
    }
  }

  void contents() {
    text("graph", "name", graph_.name, true);
    std::unordered_set<std::string_view> names;
    for (ValueIndex i = 0; i < graph_.values.size(); ++i) {
      text(fmt::format("value {}", i), "name", graph_.values[i].name, false);
      if (!names.insert(graph_.values[i].name).second)
        fail(describe_value(graph_, i), "has the name of another value");
      value(i);
    }
    attributes("the graph", graph_.attributes);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const GraphNode& node = graph_.nodes[i];
      const std::string where = fmt::format("node {}", i);
      text(where, "op", node.op, false);
      text(where, "module", node.module, true);
      if (node.version == 0) fail(describe_node(graph_, i), "has op version 0");
      attributes(describe_node(graph_, i), node.attributes);
    }
  }

 private:
  [[noreturn]] void fail(std::string_view where, std::string_view what) const {
    throw Error(kind_, Diagnostic{fmt::format("{} {}", where, what), printable(graph_.name), kHint});
  }

  void attributes(const std::string& where, const std::map<std::string, Attribute>& all) const {
    for (const auto& [name, attribute] : all) {
      text(where, "attribute name", name, false);
      const auto* content = std::get_if<std::string>(&attribute);
      if (content && !is_utf8(*content)) fail(where, fmt::format("attribute \"{}\" is not UTF-8", name));
    }
  }

  void text(const std::string& where, const char* what, const std::string& content, bool may_be_empty) const {
    if (content.empty() && !may_be_empty) fail(where, fmt::format("has an empty {}", what));
    if (content.size() > kMaxGraphNameBytes)
      fail(where, fmt::format("has a {} of {} bytes", what, content.size()));
    if (!is_utf8(content)) fail(where, fmt::format("has a {} that is not UTF-8", what));
  }

  // The list of inputs and the values of kind input are the same set; constants are there from the start.
  void inputs() {
    for (ValueIndex index : graph_.inputs) {
      if (index >= graph_.values.size()) fail("graph", fmt::format("input {} is no value", index));
      if (graph_.values[index].kind != ValueKind::kInput)
        fail(describe_value(graph_, index), "is listed as an input and is none");
      if (defined_[index]) fail(describe_value(graph_, index), "is listed twice as an input");
      defined_[index] = true;
    }
    for (ValueIndex i = 0; i < graph_.values.size(); ++i) {
      const ValueKind kind = graph_.values[i].kind;
      if (kind == ValueKind::kConstant) defined_[i] = true;
      if (kind == ValueKind::kInput && !defined_[i])
        fail(describe_value(graph_, i), "is an input that the graph does not list");
    }
  }

  void node_edges(size_t index) {
    const GraphNode& node = graph_.nodes[index];
    for (ValueIndex input : node.inputs) {
      if (input == kNoValue) continue;
      if (input >= graph_.values.size())
        fail(describe_node(graph_, index), fmt::format("reads value {}, which does not exist", input));
      if (!defined_[input])
        fail(describe_node(graph_, index),
             fmt::format("reads {} before it is produced", describe_value(graph_, input)));
    }
    if (node.outputs.empty()) fail(describe_node(graph_, index), "has no outputs");
    for (ValueIndex output : node.outputs) {
      if (output >= graph_.values.size())
        fail(describe_node(graph_, index), fmt::format("writes value {}, which does not exist", output));
      if (graph_.values[output].kind != ValueKind::kIntermediate) {
        fail(describe_node(graph_, index),
             fmt::format("writes {}, an input or constant", describe_value(graph_, output)));
      }
      if (defined_[output])
        fail(describe_node(graph_, index),
             fmt::format("writes {}, which another node produces", describe_value(graph_, output)));
      defined_[output] = true;
    }
  }

  void value(ValueIndex index) const {
    const GraphValue& value = graph_.values[index];
    const std::string where = describe_value(graph_, index);
    if (!is_known(value.dtype))
      fail(where, fmt::format("has an unknown dtype (code {}, {} bits)", value.dtype.code, value.dtype.bits));
    if (value.shape.size() > kMaxGraphRank) fail(where, fmt::format("has rank {}", value.shape.size()));
    uint64_t bound = 1;  // of the extents that are not 0, so that one 0 does not hide an absurd rest
    for (int64_t extent : value.shape) {
      if (extent < 0) fail(where, fmt::format("has the negative extent {}", extent));
      if (static_cast<uint64_t>(extent) > kMaxGraphElements / bound)
        fail(where, fmt::format("has an absurd shape {}", to_string(value.shape)));
      bound *= static_cast<uint64_t>(std::max<int64_t>(extent, 1));
    }
    if (!value.extents.empty()) extents(where, value);
    const uint64_t bytes = value.kind == ValueKind::kConstant ? value_bytes(value) : 0;
    if (value.constant_bytes != bytes) {
      fail(where, fmt::format("has {} bytes of constant data; {} {} needs {}", value.constant_bytes,
                              value.dtype.name(), to_string(value.shape), bytes));
    }
    if (value.qparams) qparams(where, value, *value.qparams);
  }

  void extents(const std::string& where, const GraphValue& value) const {
    if (value.kind == ValueKind::kConstant) fail(where, "is a constant with open extents");
    if (value.extents.size() != value.shape.size())
      fail(where,
           fmt::format("has {} names of extents and rank {}", value.extents.size(), value.shape.size()));
    bool is_open = false;
    for (size_t axis = 0; axis < value.extents.size(); ++axis) {
      text(where, "name of an extent", value.extents[axis], true);
      const bool is_named = !value.extents[axis].empty();
      is_open = is_open || is_named;
      if (is_named && value.qparams && value.qparams->axis == static_cast<int64_t>(axis))
        fail(where, fmt::format("has a scale for each index of axis {}, which is open", axis));
    }
    if (!is_open) fail(where, "names no extent");
  }

  void qparams(const std::string& where, const GraphValue& value, const QParams& qparams) const {
    if (qparams.is_float) fail(where, "has qparams that say float");
    if (!qparams.dtype.is_integer())
      fail(where, fmt::format("has qparams of dtype {}, no integer", qparams.dtype.name()));
    if (qparams.dtype != value.dtype)
      fail(where, fmt::format("is {} and has qparams for {}", value.dtype.name(), qparams.dtype.name()));
    const auto rank = static_cast<int64_t>(value.shape.size());
    if (qparams.axis < -1 || qparams.axis >= rank)
      fail(where, fmt::format("has qparams along axis {} of rank {}", qparams.axis, rank));
    const std::optional<int64_t> wanted = scale_count(qparams, value.shape);
    if (!wanted)
      fail(where, fmt::format("has blocks of {} along axis {} of {}", qparams.block_size, qparams.axis,
                              to_string(value.shape)));
    const auto count = static_cast<uint64_t>(*wanted);
    if (count == 0 || qparams.scale.size() != count || qparams.zero_point.size() != count) {
      fail(where, fmt::format("has {} scales and {} zero points; {} needs {}", qparams.scale.size(),
                              qparams.zero_point.size(),
                              qparams.block_size > 0 ? fmt::format("blocks of {}", qparams.block_size)
                              : qparams.axis < 0     ? "per tensor"
                                                     : fmt::format("axis {}", qparams.axis),
                              count));
    }
    for (float scale : qparams.scale) {
      if (!std::isfinite(scale) || scale <= 0)
        fail(where, fmt::format("has the scale {}; it must be finite and > 0", scale));
    }
    for (int32_t zero_point : qparams.zero_point) {
      if (!is_code(qparams.dtype, zero_point))
        fail(where, fmt::format("has the zero point {}, no {} code", zero_point, qparams.dtype.name()));
    }
  }

  const Graph& graph_;
  const ErrorKind kind_;
  std::vector<bool> defined_;
};

}  // namespace

std::string printable(const std::string& text) {
  if (!is_utf8(text)) return "?";
  size_t length = std::min<size_t>(text.size(), 200);
  while (length < text.size() && length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
    --length;  // whole characters
  return text.substr(0, length);
}

std::string describe_value(const Graph& graph, ValueIndex index) {
  return fmt::format("value {} \"{}\"", index, printable(graph.values[index].name));
}

std::string describe_node(const Graph& graph, size_t index) {
  const GraphNode& node = graph.nodes[index];
  const std::string of = node.module.empty() ? "" : " of " + printable(node.module);
  return fmt::format("node {} \"{}\"{}", index, printable(node.op), of);
}

void validate_structure(const Graph& graph, ErrorKind kind) { Validator(graph, kind).structure(); }

void validate(const Graph& graph, ErrorKind kind) {
  Validator validator(graph, kind);
  validator.structure();
  validator.contents();
}

}  // namespace vernier::core
