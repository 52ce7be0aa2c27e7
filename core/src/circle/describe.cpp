#include "circle/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "text/quote.h"

namespace vernier::core {
namespace {

using nlohmann::json;

json to_json(const CircleTensor& tensor) {
  json result = {
      {"name", tensor.name}, {"shape", tensor.shape}, {"type", tensor.type}, {"constant", tensor.constant}};
  if (!tensor.shape_signature.empty()) result["shape_signature"] = tensor.shape_signature;
  if (!tensor.scale.empty()) {
    result["scale"] = tensor.scale;
    result["zero_point"] = tensor.zero_point;
    result["axis"] = tensor.axis;
  }
  if (tensor.constant) {
    result["bytes"] = tensor.data_bytes;
    result["buffer"] = tensor.buffer;
  }
  return result;
}

json to_json(const CircleOperator& op) {
  json result = {{"op", op.op}, {"inputs", op.inputs}, {"outputs", op.outputs}, {"options", op.options}};
  if (!op.custom_code.empty()) result["custom_code"] = op.custom_code;
  return result;
}

json to_json(const CircleSubgraph& subgraph) {
  json result = {{"name", subgraph.name},
                 {"inputs", subgraph.inputs},
                 {"outputs", subgraph.outputs},
                 {"tensors", json::array()},
                 {"operators", json::array()}};
  for (const CircleTensor& tensor : subgraph.tensors) result["tensors"].push_back(to_json(tensor));
  for (const CircleOperator& op : subgraph.operators) result["operators"].push_back(to_json(op));
  return result;
}

json to_json(const CircleSignature& signature) {
  json result = {{"key", signature.key},
                 {"subgraph", signature.subgraph},
                 {"inputs", json::object()},
                 {"outputs", json::object()}};
  for (const auto& [name, tensor] : signature.inputs) result["inputs"][name] = tensor;
  for (const auto& [name, tensor] : signature.outputs) result["outputs"][name] = tensor;
  return result;
}

std::string qparams_text(const CircleTensor& tensor) {
  if (tensor.scale.empty()) return "-";
  if (tensor.scale.size() == 1) return fmt::format("{:.6g} @ {}", tensor.scale[0], tensor.zero_point[0]);
  const auto [low, high] = std::minmax_element(tensor.scale.begin(), tensor.scale.end());
  return fmt::format("{} on axis {}: {:.4g}..{:.4g}", tensor.scale.size(), tensor.axis, *low, *high);
}

// `of_several`: subgraphs of a file share constants, so their buffers are named.
std::string role_text(const CircleSubgraph& subgraph, int32_t index, bool of_several) {
  const CircleTensor& tensor = subgraph.tensors[static_cast<size_t>(index)];
  if (tensor.constant)
    return of_several ? fmt::format("{} B in buffer {}", tensor.data_bytes, tensor.buffer)
                      : fmt::format("{} B", tensor.data_bytes);
  if (std::find(subgraph.inputs.begin(), subgraph.inputs.end(), index) != subgraph.inputs.end())
    return "input";
  if (std::find(subgraph.outputs.begin(), subgraph.outputs.end(), index) != subgraph.outputs.end())
    return "output";
  return "-";
}

using Row = std::vector<std::string>;

// Columns as wide as their widest cell, the last one ragged.
void append_table(std::string& out, const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i)
      fmt::format_to(std::back_inserter(out), "  {:<{}}", row[i], widths[i]);
    fmt::format_to(std::back_inserter(out), "  {}\n", row.back());
  }
}

// `place` is empty where the file has one subgraph only.
void append(std::string& out, const CircleSubgraph& subgraph, const std::string& place) {
  fmt::format_to(std::back_inserter(out), "\nsubgraph {}\"{}\": inputs {}, outputs {}\n\n", place,
                 one_line(subgraph.name), subgraph.inputs, subgraph.outputs);
  std::vector<Row> tensors = {{"tensor", "type", "shape", "scale @ zero point", "data", "name"}};
  for (size_t i = 0; i < subgraph.tensors.size(); ++i) {
    const CircleTensor& tensor = subgraph.tensors[i];
    const auto& shape = tensor.shape_signature.empty() ? tensor.shape : tensor.shape_signature;
    tensors.push_back({std::to_string(i), tensor.type, fmt::format("{}", shape), qparams_text(tensor),
                       role_text(subgraph, static_cast<int32_t>(i), !place.empty()), one_line(tensor.name)});
  }
  append_table(out, tensors);
  out += '\n';
  std::vector<Row> operators = {{"operator", "", "inputs", "outputs", "options"}};
  for (size_t i = 0; i < subgraph.operators.size(); ++i) {
    const CircleOperator& op = subgraph.operators[i];
    operators.push_back({std::to_string(i),
                         op.custom_code.empty() ? op.op : op.op + " " + in_quotes(op.custom_code),
                         fmt::format("{}", op.inputs), fmt::format("{}", op.outputs),
                         op.options->empty() ? "-" : op.options->dump()});
  }
  append_table(out, operators);
}

// By name and the type of the first result: "FULLY_CONNECTED INT16".
std::map<std::string, uint64_t> operators_by_type(const CircleFile& file) {
  std::map<std::string, uint64_t> counts;
  for (const CircleSubgraph& subgraph : file.subgraphs) {
    for (const CircleOperator& op : subgraph.operators) {
      const int32_t first = op.outputs.empty() ? -1 : op.outputs.front();
      ++counts[fmt::format("{} {}", op.op,
                           first < 0 ? std::string("-") : subgraph.tensors[static_cast<size_t>(first)].type)];
    }
  }
  return counts;
}

}  // namespace

json to_json(const CircleFile& file) {
  json result = {{"format", file.is_tflite ? "tflite" : "circle"},
                 {"version", file.version},
                 {"description", file.description},
                 {"bytes", file.bytes},
                 {"metadata", file.metadata},
                 {"operators_by_type", operators_by_type(file)},
                 {"subgraphs", json::array()},
                 {"signatures", json::array()}};
  for (const CircleSubgraph& subgraph : file.subgraphs) result["subgraphs"].push_back(to_json(subgraph));
  for (const CircleSignature& signature : file.signatures) result["signatures"].push_back(to_json(signature));
  return result;
}

std::string to_table(const CircleFile& file) {
  std::string out = fmt::format("{} file, {} bytes, \"{}\"\n", file.is_tflite ? "TFLite" : "Circle",
                                file.bytes, one_line(file.description));
  for (const auto& [name, count] : operators_by_type(file))
    fmt::format_to(std::back_inserter(out), "  {:>5} {}\n", count, name);
  for (size_t i = 0; i < file.subgraphs.size(); ++i)
    append(out, file.subgraphs[i], file.subgraphs.size() > 1 ? fmt::format("{} ", i) : std::string());
  for (const CircleSignature& signature : file.signatures) {
    fmt::format_to(std::back_inserter(out), "\nsignature \"{}\" on subgraph {}\n", one_line(signature.key),
                   signature.subgraph);
    for (const auto& [name, tensor] : signature.inputs)
      fmt::format_to(std::back_inserter(out), "  input   {} = tensor {}\n", one_line(name), tensor);
    for (const auto& [name, tensor] : signature.outputs)
      fmt::format_to(std::back_inserter(out), "  output  {} = tensor {}\n", one_line(name), tensor);
  }
  return out;
}

}  // namespace vernier::core
