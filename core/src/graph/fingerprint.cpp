#include "graph/fingerprint.h"

#include <type_traits>

namespace vernier::core {

namespace {

struct AddAttribute {
  Fingerprint& fingerprint;
  void operator()(int64_t value) const { fingerprint.add(value); }
  void operator()(double value) const { fingerprint.add(value); }
  void operator()(const std::string& value) const { fingerprint.add(std::string_view(value)); }
  void operator()(const std::vector<int64_t>& value) const { fingerprint.add(std::span(value)); }
};

void add_values(Fingerprint& fingerprint, const std::vector<ValueIndex>& values) {
  fingerprint.add(static_cast<int64_t>(values.size()));
  for (const ValueIndex value : values) fingerprint.add(static_cast<int64_t>(value));
}

}  // namespace

template <typename T>
void Fingerprint::raw(char kind, const T* values, size_t count) {
  static_assert(std::is_trivially_copyable_v<T>);
  const uint64_t length = count;
  hash_.update(std::as_bytes(std::span(&kind, 1)));
  hash_.update(std::as_bytes(std::span(&length, 1)));
  if (count != 0) hash_.update(std::as_bytes(std::span(values, count)));
}

Fingerprint& Fingerprint::add(std::string_view text) {
  raw('t', text.data(), text.size());
  return *this;
}

Fingerprint& Fingerprint::add(int64_t number) {
  raw('i', &number, 1);
  return *this;
}

Fingerprint& Fingerprint::add(double number) {
  raw('d', &number, 1);
  return *this;
}

Fingerprint& Fingerprint::add(std::span<const int64_t> numbers) {
  raw('l', numbers.data(), numbers.size());
  return *this;
}

Fingerprint& Fingerprint::add(DType dtype) {
  const std::string name = dtype.name();
  return add(std::string_view(name));
}

Fingerprint& Fingerprint::add(const Tensor& tensor) {
  add(tensor.dtype).add(std::span(tensor.shape));
  raw('b', tensor.data, tensor.bytes());
  return *this;
}

void add(Fingerprint& fingerprint, const Graph& graph, const TreeNames& names) {
  fingerprint.add(std::string_view(graph.name)).add(static_cast<int64_t>(graph.values.size()));
  for (const GraphValue& value : graph.values) {
    fingerprint.add(std::string_view(value.name)).add(std::span(value.shape)).add(value.dtype);
    fingerprint.add(static_cast<int64_t>(value.kind));
    fingerprint.add(value.parameter < 0 ? std::string_view() : names.parameter(value.parameter));
    if (value.table != nullptr) fingerprint.add(std::string_view(value.table->name)).add(value.table->values);
  }
  fingerprint.add(static_cast<int64_t>(graph.nodes.size()));
  for (const GraphNode& node : graph.nodes) {
    fingerprint.add(std::string_view(node.op)).add(static_cast<int64_t>(node.version));
    fingerprint.add(std::string_view(node.module));
    add_values(fingerprint, node.inputs);
    add_values(fingerprint, node.outputs);
    fingerprint.add(static_cast<int64_t>(node.attributes.size()));
    for (const auto& [name, attribute] : node.attributes) {
      fingerprint.add(std::string_view(name)).add(static_cast<int64_t>(attribute.index()));
      std::visit(AddAttribute{fingerprint}, attribute);
    }
    fingerprint.add(node.site < 0 ? std::string_view() : names.site(node.site));
  }
  add_values(fingerprint, graph.inputs);
  add_values(fingerprint, graph.outputs);
}

}  // namespace vernier::core
