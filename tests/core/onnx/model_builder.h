// ONNX files for tests, written field by field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vernier::test {

inline std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

struct OnnxAttribute {
  std::string name;
  int64_t integer = 0;
  int32_t tensor_type = 0;  // instead: a tensor of that type
  bool is_graph = false;    // instead: an empty graph
};

// Of the graph; add_* in any order.
class OnnxBuilder {
 public:
  OnnxBuilder& add_node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, const std::string& domain = {},
                        const std::vector<OnnxAttribute>& attributes = {}) {
    std::string text;
    protozero::pbf_writer node(text);
    for (const std::string& name : inputs) node.add_string(1, name);
    for (const std::string& name : outputs) node.add_string(2, name);
    node.add_string(4, op);
    for (const OnnxAttribute& one : attributes) node.add_message(5, attribute(one));
    if (!domain.empty()) node.add_string(7, domain);
    graph().add_message(1, text);
    return *this;
  }
  OnnxBuilder& add_constant(const std::string& name, int32_t type, const std::vector<int64_t>& shape,
                            const std::string& raw, bool is_external = false) {
    std::string text;
    protozero::pbf_writer tensor(text);
    for (const int64_t extent : shape) tensor.add_int64(1, extent);
    tensor.add_enum(2, type);
    tensor.add_string(8, name);
    if (is_external)
      tensor.add_enum(14, 1);
    else
      tensor.add_bytes(9, raw);
    graph().add_message(5, text);
    return *this;
  }
  // `type` 0: the file does not say it.
  OnnxBuilder& add_input(const std::string& name, int32_t type, size_t rank) {
    graph().add_message(11, value(name, type, rank));
    return *this;
  }
  OnnxBuilder& add_output(const std::string& name, int32_t type, size_t rank) {
    graph().add_message(12, value(name, type, rank));
    return *this;
  }
  OnnxBuilder& add_opset(const std::string& domain, int64_t version) {
    opsets_.emplace_back(domain, version);
    return *this;
  }

  [[nodiscard]] std::string file(int64_t ir_version = 10) const {
    std::string text;
    protozero::pbf_writer model(text);
    model.add_int64(1, ir_version);
    model.add_message(7, graph_text_);
    for (const auto& [domain, version] : opsets_) {
      std::string opset;
      protozero::pbf_writer to(opset);
      to.add_string(1, domain);
      to.add_int64(2, version);
      model.add_message(8, opset);
    }
    return text;
  }

 private:
  static std::string value(const std::string& name, int32_t type, size_t rank) {
    std::string text, type_text, tensor_text, shape_text;
    protozero::pbf_writer shape(shape_text);
    for (size_t i = 0; i < rank; ++i) {
      std::string extent;
      protozero::pbf_writer(extent).add_int64(1, 2);
      shape.add_message(1, extent);
    }
    protozero::pbf_writer tensor(tensor_text);
    if (type != 0) tensor.add_int32(1, type);
    tensor.add_message(2, shape_text);
    protozero::pbf_writer(type_text).add_message(1, tensor_text);
    protozero::pbf_writer info(text);
    info.add_string(1, name);
    info.add_message(2, type_text);
    return text;
  }
  static std::string attribute(const OnnxAttribute& given) {
    std::string text;
    protozero::pbf_writer to(text);
    to.add_string(1, given.name);
    if (given.is_graph) {
      to.add_message(6, std::string());
    } else if (given.tensor_type != 0) {
      std::string tensor;
      protozero::pbf_writer(tensor).add_enum(2, given.tensor_type);
      to.add_message(5, tensor);
    } else {
      to.add_int64(3, given.integer);
    }
    return text;
  }

  protozero::pbf_writer graph() { return protozero::pbf_writer(graph_text_); }

  std::string graph_text_;
  std::vector<std::pair<std::string, int64_t>> opsets_;
};

}  // namespace vernier::test
