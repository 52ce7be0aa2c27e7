#include "graph/graph_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <utility>

#include "graph/message.h"
#include "graph/validate.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

vernier_string view(const std::string& text) { return {text.data(), text.size()}; }

// Writes the fields of `filled` that the caller knows; its `size` stays what it said.
template <typename T>
void fill(T& result, const T& filled, uint64_t known) {
  const uint64_t end = std::min(result.size, known);
  constexpr uint64_t kBegin = sizeof(result.size);
  if (end <= kBegin) return;
  std::memcpy(reinterpret_cast<std::byte*>(&result) + kBegin,
              reinterpret_cast<const std::byte*>(&filled) + kBegin, end - kBegin);
}

vernier_argument argument(const Attribute& attribute) {
  vernier_argument result{};
  if (const auto* integer = std::get_if<int64_t>(&attribute)) {
    result.kind = VERNIER_ARGUMENT_INTEGER;
    result.as.integer = *integer;
  } else if (const auto* number = std::get_if<double>(&attribute)) {
    result.kind = VERNIER_ARGUMENT_NUMBER;
    result.as.number = *number;
  } else if (const auto* integers = std::get_if<std::vector<int64_t>>(&attribute)) {
    result.kind = VERNIER_ARGUMENT_INTEGERS;
    result.count = static_cast<uint32_t>(integers->size());
    result.as.integers = integers->data();
  } else {
    const auto& text = std::get<std::string>(attribute);
    result.kind = VERNIER_ARGUMENT_TEXT;
    result.count = static_cast<uint32_t>(text.size());
    result.as.text = text.data();
  }
  return result;
}

}  // namespace

GraphAccess::GraphAccess(std::vector<std::byte> message, ConstantReader reader, FailureReport report)
    : message_(std::move(message)),
      graph_(read_message(message_)),
      reader_(std::move(reader)),
      report_(std::move(report)) {
  for (const GraphValue& value : graph_.values) {
    blocks_.push_back(value.qparams ? block_of(*value.qparams, value.shape.size()) : Shape());
    extents_.emplace_back();
    for (const std::string& name : value.extents) extents_.back().push_back(view(name));
  }
}

vernier_status GraphAccess::fail(vernier_status status, std::string_view what) const noexcept {
  try {
    if (report_) report_(status, what);
  } catch (...) {  // the status still says it
  }
  return status;
}

vernier_status GraphAccess::past_the_end(std::string_view what, uint64_t index,
                                         uint64_t count) const noexcept {
  try {
    return fail(VERNIER_OUT_OF_RANGE, fmt::format("graph {}: {} {} of {}", graph_.name, what, index, count));
  } catch (...) {
    return VERNIER_OUT_OF_RANGE;
  }
}

vernier_status GraphAccess::name(vernier_string* result) const noexcept {
  if (!result) return fail(VERNIER_INVALID_ARGUMENT, "null result for a graph's name");
  *result = view(graph_.name);
  return VERNIER_OK;
}

vernier_status GraphAccess::counts(uint64_t* values, uint64_t* nodes) const noexcept {
  if (!values || !nodes) return fail(VERNIER_INVALID_ARGUMENT, "null result for a graph's counts");
  *values = graph_.values.size();
  *nodes = graph_.nodes.size();
  return VERNIER_OK;
}

vernier_status GraphAccess::inputs(const uint32_t** indices, uint64_t* count) const noexcept {
  if (!indices || !count) return fail(VERNIER_INVALID_ARGUMENT, "null result for a graph's inputs");
  *indices = graph_.inputs.data();
  *count = graph_.inputs.size();
  return VERNIER_OK;
}

vernier_status GraphAccess::outputs(const uint32_t** indices, uint64_t* count) const noexcept {
  if (!indices || !count) return fail(VERNIER_INVALID_ARGUMENT, "null result for a graph's outputs");
  *indices = graph_.outputs.data();
  *count = graph_.outputs.size();
  return VERNIER_OK;
}

vernier_status GraphAccess::value(uint64_t index, vernier_graph_value* result) const noexcept {
  if (!result) return fail(VERNIER_INVALID_ARGUMENT, "null result for a graph's value");
  if (index >= graph_.values.size()) return past_the_end("value", index, graph_.values.size());
  const GraphValue& value = graph_.values[index];
  vernier_graph_value filled{};
  filled.name = view(value.name);
  filled.shape = value.shape.empty() ? nullptr : value.shape.data();
  filled.rank = value.shape.size();
  filled.dtype = value.dtype;
  filled.kind = static_cast<uint32_t>(value.kind);
  filled.axis = -1;
  if (value.qparams) {
    filled.scale = value.qparams->scale.data();
    filled.zero_point = value.qparams->zero_point.data();
    filled.qparam_count = value.qparams->scale.size();
    filled.axis = value.qparams->axis;
  }
  filled.constant_bytes = value.constant_bytes;
  filled.is_filled = value.is_filled ? 1 : 0;
  filled.constant_id = value.constant_id;
  filled.block = blocks_[index].empty() ? nullptr : blocks_[index].data();
  filled.extents = extents_[index].empty() ? nullptr : extents_[index].data();
  // NOLINTNEXTLINE(bugprone-sizeof-expression): the member is a pointer
  fill(*result, filled, VERNIER_SIZE_UP_TO(vernier_graph_value, extents));
  return VERNIER_OK;
}

vernier_status GraphAccess::node(uint64_t index, vernier_graph_node* result) const noexcept {
  if (!result) return fail(VERNIER_INVALID_ARGUMENT, "null result for a graph's node");
  if (index >= graph_.nodes.size()) return past_the_end("node", index, graph_.nodes.size());
  const GraphNode& node = graph_.nodes[index];
  vernier_graph_node filled{};
  filled.op = view(node.op);
  filled.module = view(node.module);
  filled.inputs = node.inputs.data();
  filled.input_count = node.inputs.size();
  filled.outputs = node.outputs.data();
  filled.output_count = node.outputs.size();
  filled.attribute_count = node.attributes.size();
  filled.op_version = node.version;
  fill(*result, filled, VERNIER_SIZE_UP_TO(vernier_graph_node, reserved));
  return VERNIER_OK;
}

vernier_status GraphAccess::attribute(uint64_t node, vernier_string name,
                                      vernier_argument* result) const noexcept {
  if (!result || (!name.data && name.length > 0))
    return fail(VERNIER_INVALID_ARGUMENT, "null name or result for a node's attribute");
  if (node >= graph_.nodes.size()) return past_the_end("node", node, graph_.nodes.size());
  return find(graph_.nodes[node].attributes, name, result);
}

vernier_status GraphAccess::graph_attribute(vernier_string name, vernier_argument* result) const noexcept {
  if (!result || (!name.data && name.length > 0))
    return fail(VERNIER_INVALID_ARGUMENT, "null name or result for a graph's attribute");
  return find(graph_.attributes, name, result);
}

vernier_status GraphAccess::find(const std::map<std::string, Attribute>& attributes, vernier_string name,
                                 vernier_argument* result) const noexcept {
  try {
    const std::string key(name.data ? name.data : "", name.length);
    const auto found = attributes.find(key);
    // A backend asks for optional attributes too, so this is an answer rather than a failure and is not
    // reported.
    if (found == attributes.end()) return VERNIER_NOT_FOUND;
    *result = argument(found->second);
    return VERNIER_OK;
  } catch (...) {
    return fail(VERNIER_OUT_OF_MEMORY, "no memory to look up an attribute");
  }
}

vernier_status GraphAccess::read_constant(uint64_t value, uint64_t offset, void* destination,
                                          uint64_t length) const noexcept {
  if (value >= graph_.values.size()) return past_the_end("value", value, graph_.values.size());
  try {
    const auto index = static_cast<ValueIndex>(value);
    const GraphValue& constant = graph_.values[index];
    if (constant.kind != ValueKind::kConstant)
      return fail(VERNIER_INVALID_ARGUMENT, describe_value(graph_, index) + " is no constant");
    if (offset > constant.constant_bytes || length > constant.constant_bytes - offset) {
      return fail(VERNIER_OUT_OF_RANGE,
                  fmt::format("{} has {} bytes; {} at {} were asked for", describe_value(graph_, index),
                              constant.constant_bytes, length, offset));
    }
    if (length == 0) return VERNIER_OK;
    if (!destination)
      return fail(VERNIER_INVALID_ARGUMENT, "null destination for " + describe_value(graph_, index));
    reader_(index, offset, destination, length);
    return VERNIER_OK;
  } catch (const std::bad_alloc&) {
    return fail(VERNIER_OUT_OF_MEMORY, "no memory to read a constant");
  } catch (const Error& error) {
    if (error.is_stop()) return fail(VERNIER_CANCELLED, error.what());
    return fail(error.kind() == ErrorKind::kData ? VERNIER_DATA_LOSS : VERNIER_INTERNAL, error.what());
  } catch (const std::exception& error) {
    return fail(VERNIER_INTERNAL, error.what());
  } catch (...) {
    return fail(VERNIER_INTERNAL, "reading a constant threw something unknown");
  }
}

vernier_status GraphAccess::message(const void** data, uint64_t* length) const noexcept {
  if (!data || !length) return fail(VERNIER_INVALID_ARGUMENT, "null result for a graph's message");
  *data = message_.data();
  *length = message_.size();
  return VERNIER_OK;
}

}  // namespace vernier::core
