#include "session/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "tensor/finite_number.h"

namespace vernier::core {

const char* describe_pair(GatePair pair) {
  switch (pair) {
    case GatePair::kFloatToQuantized:
      return "the fake-quant run against float";
    case GatePair::kFloatToFile:
      return "the file against float";
    case GatePair::kQuantizedToFile:
      return "the file against the fake-quant run";
  }
  return "";
}

std::string describe_gate(const nlohmann::json& gate) {
  const std::string pair = gate.at("pair");
  GatePair named = GatePair::kFloatToFile;
  for (const GatePair one : {GatePair::kFloatToQuantized, GatePair::kQuantizedToFile}) {
    if (pair == to_string(one)) named = one;
  }
  const auto output = gate.find("output");
  std::string text = fmt::format(
      "{}{} {} of {}", gate.contains("unit") ? gate.at("unit").get<std::string>() + ": " : "",
      gate.at("metric").get<std::string>(), gate.at("limit").get<std::string>(), describe_pair(named));
  if (output != gate.end() && !output->is_null())
    text += fmt::format(" (output {})", output->get<uint64_t>());
  return text;
}

void refuse_idle_gates(const Recipe& recipe, const std::vector<bool>& measured) {
  std::map<std::string, bool> is_held;  // by the limit's place
  for (size_t unit = 0; unit < recipe.units.size(); ++unit) {
    for (const auto& [metric, gate] : recipe.units[unit].gates)
      is_held[gate.pointer] = is_held[gate.pointer] || measured[unit];
  }
  for (const RecipeExport& file : recipe.exports) {
    const bool is_measured =
        std::any_of(file.units.begin(), file.units.end(), [&](size_t unit) { return measured[unit]; });
    for (const FileGate& gate : file.verify ? file.verify->gates : std::vector<FileGate>())
      is_held[gate.gate.pointer] = is_held[gate.gate.pointer] || is_measured;
  }
  for (const auto& [pointer, holds] : is_held) {
    if (!holds)
      throw usage_error("no output is held to this limit: they are integers and masks, which have no error",
                        recipe.where(pointer), "remove the limit, or end the graph with floats");
  }
}

std::string file_and_unit(const nlohmann::json& row) {
  const std::string file = row.at("file");
  return row.at("unit").is_null() ? file
                                  : fmt::format("{}, unit {}", file, row.at("unit").get<std::string>());
}

std::vector<GateResult> judge(const Recipe& recipe, const RecipeUnit& unit, const Metrics& metrics) {
  std::vector<GateResult> results;
  if (metrics.is_empty()) return results;
  for (const auto& [metric, gate] : unit.gates) {
    const double value = metrics.value(metric);
    results.push_back({recipe.units.size() == 1 ? "" : unit.name,
                       metric,
                       fmt::format("{} {}", gate.op, gate.limit),
                       value,
                       gate.holds(value),
                       gate.pointer,
                       {}});
  }
  return results;
}

bool all_met(const std::vector<GateResult>& gates) {
  return std::all_of(gates.begin(), gates.end(), [](const GateResult& gate) { return gate.met; });
}

nlohmann::json gates_json(const std::vector<GateResult>& gates) {
  nlohmann::json rows = nlohmann::json::array();
  for (const GateResult& gate : gates) {
    rows.push_back({{"pair", to_string(GatePair::kFloatToQuantized)},
                    {"metric", gate.metric},
                    {"limit", gate.limit},
                    {"value", finite_number(gate.value)},
                    {"met", gate.met}});
    if (!gate.unit.empty()) rows.back()["unit"] = gate.unit;
  }
  return rows;
}

Error gate_error(const Recipe& recipe, const std::vector<GateResult>& gates,
                 const std::filesystem::path& out) {
  std::vector<Diagnostic> diagnostics;
  for (const GateResult& gate : gates) {
    if (gate.met) continue;
    diagnostics.push_back({fmt::format("{}gate {} {} of {} was not met: {:.6g}{}",
                                       gate.unit.empty() ? "" : "unit " + gate.unit + ": ", gate.metric,
                                       gate.limit, describe_pair(GatePair::kFloatToQuantized), gate.value,
                                       gate.note.empty() ? "" : "; " + gate.note),
                           recipe.where(gate.pointer),
                           fmt::format("no model file was written; {} tells each site's part",
                                       (out / "report.json").string())});
  }
  return Error(ErrorKind::kGate, std::move(diagnostics));
}

Error verify_error(const Recipe& recipe, const nlohmann::json& rows, const std::filesystem::path& out) {
  std::vector<Diagnostic> diagnostics;
  for (const auto& row : rows) {
    const std::string file = file_and_unit(row);
    for (const auto& gate : row.at("gates")) {
      if (gate.at("met").get<bool>()) continue;
      const std::string value =
          gate.at("value").is_null() ? "no number" : fmt::format("{:.6g}", gate.at("value").get<double>());
      diagnostics.push_back({fmt::format("{} in executor {}: gate {} was not met: {}", file,
                                         row.at("executor").get<std::string>(), describe_gate(gate), value),
                             recipe.where(gate.at("pointer").get<std::string>()),
                             fmt::format("no model file was written; {} tells each node's part",
                                         (out / "report.json").string())});
    }
  }
  return Error(ErrorKind::kGate, std::move(diagnostics));
}

}  // namespace vernier::core
