#include "session/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

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

std::vector<GateResult> judge(const Recipe& recipe, const RecipeUnit& unit, const Metrics& metrics) {
  std::vector<GateResult> results;
  for (const auto& [metric, gate] : unit.gates) {
    const double value = metrics.value(metric);
    results.push_back({recipe.units.size() == 1 ? "" : unit.name, metric,
                       fmt::format("{} {}", gate.op, gate.limit), value, gate.holds(value), gate.pointer});
  }
  return results;
}

bool all_met(const std::vector<GateResult>& gates) {
  return std::all_of(gates.begin(), gates.end(), [](const GateResult& gate) { return gate.met; });
}

nlohmann::json gates_json(const std::vector<GateResult>& gates) {
  nlohmann::json rows = nlohmann::json::array();
  for (const GateResult& gate : gates) {
    rows.push_back(
        {{"pair", to_string(GatePair::kFloatToQuantized)},
         {"metric", gate.metric},
         {"limit", gate.limit},
         {"value", std::isfinite(gate.value) ? nlohmann::json(gate.value) : nlohmann::json(nullptr)},
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
    diagnostics.push_back({fmt::format("{}gate {} {} of {} was not met: {:.6g}",
                                       gate.unit.empty() ? "" : "unit " + gate.unit + ": ", gate.metric,
                                       gate.limit, describe_pair(GatePair::kFloatToQuantized), gate.value),
                           recipe.where(gate.pointer),
                           fmt::format("no model file was written; {} tells each site's part",
                                       (out / "report.json").string())});
  }
  return Error(ErrorKind::kGate, std::move(diagnostics));
}

Error verify_error(const Recipe& recipe, const nlohmann::json& rows, const std::filesystem::path& out) {
  std::vector<Diagnostic> diagnostics;
  for (const auto& row : rows) {
    const std::string file = row.at("file");
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
