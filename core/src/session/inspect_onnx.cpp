// `vernier inspect FILE.onnx`: its operators by the type that they give, its inputs and outputs, its
// constants.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <nlohmann/json.hpp>

#include "file/mapped_file.h"
#include "onnx/model.h"
#include "onnx/reader.h"
#include "onnx/value_types.h"
#include "text/quote.h"
#include "vernier/core/inspect.h"

namespace vernier::core {

Inspection inspect_onnx(const std::filesystem::path& path, const RunControl& control);

namespace {

using nlohmann::json;

std::string type_of_value(const OnnxModel& model, const std::string& name) {
  const auto found = model.values.find(name);
  return found == model.values.end() || found->second.type == 0 ? std::string("type not told")
                                                                : onnx_type_name(found->second.type);
}

json ends_of(const OnnxModel& model, const std::vector<std::string>& names) {
  json rows = json::array();
  for (const std::string& name : names) {
    const auto found = model.values.find(name);
    if (found != model.values.end() && found->second.is_constant) continue;  // older files list these too
    rows.push_back({{"name", name}, {"type", type_of_value(model, name)}, {"rank", nullptr}});
    if (found != model.values.end() && found->second.rank) rows.back()["rank"] = *found->second.rank;
  }
  return rows;
}

}  // namespace

Inspection inspect_onnx(const std::filesystem::path& path, const RunControl& control) {
  const auto mapped = MappedFile::open(path);
  OnnxModel model = read_onnx_model(mapped->bytes(), path.string());
  infer_types(model, control);
  std::map<std::string, uint64_t> operators;
  for (const OnnxNode& node : model.nodes)
    ++operators[fmt::format(
        "{} {}", node.op,
        node.outputs.empty() ? std::string("-") : type_of_value(model, node.outputs.front()))];
  std::map<std::string, uint64_t> constants;
  for (const OnnxConstant& one : read_onnx_constants(mapped->bytes(), path.string()))
    constants[onnx_type_name(one.type)] += one.bytes;
  json opsets = json::object();
  for (const auto& [domain, version] : model.opsets) opsets[domain.empty() ? "ai.onnx" : domain] = version;
  Inspection result{"onnx",
                    json{{"kind", "onnx"},
                         {"path", path.string()},
                         {"bytes", mapped->bytes().size()},
                         {"ir_version", model.ir_version},
                         {"opsets", opsets},
                         {"inputs", ends_of(model, model.inputs)},
                         {"outputs", ends_of(model, model.outputs)},
                         {"operators", operators},
                         {"constant_bytes", constants},
                         {"has_external_data", model.has_external_data}},
                    {},
                    {}};
  result.table =
      fmt::format("ONNX file, {} bytes, {} operators\n", mapped->bytes().size(), model.nodes.size());
  for (const char* key : {"inputs", "outputs"}) {
    for (const json& row : result.json->at(key))
      result.table += fmt::format("  {:<8} {} {} of rank {}\n",
                                  std::string_view(key).substr(0, std::string_view(key).size() - 1),
                                  one_line(row.at("name").get<std::string>()),
                                  row.at("type").get<std::string>(), row.at("rank").dump());
  }
  for (const auto& [name, count] : operators)
    result.table += fmt::format("  {:>5} {}\n", count, one_line(name));
  for (const auto& [type, bytes] : constants)
    result.table += fmt::format("  constants of {}: {} bytes\n", type, bytes);
  if (model.has_external_data) result.table += "  constants stand in another file\n";
  return result;
}

}  // namespace vernier::core
