#include "session/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace vernier::core {

std::vector<GateResult> judge(const Recipe& recipe, const Metrics& metrics) {
  std::vector<GateResult> results;
  for (const auto& [metric, gate] : recipe.gates) {
    const double value = metrics.value(metric);
    results.push_back({metric, fmt::format("{} {}", gate.op, gate.limit), value, gate.holds(value)});
  }
  return results;
}

bool all_met(const std::vector<GateResult>& gates) {
  return std::all_of(gates.begin(), gates.end(), [](const GateResult& gate) { return gate.met; });
}

nlohmann::json gates_json(const std::vector<GateResult>& gates) {
  nlohmann::json rows = nlohmann::json::array();
  for (const GateResult& gate : gates) {
    rows.push_back({{"metric", gate.metric}, {"limit", gate.limit}, {"value", std::isfinite(gate.value) ? nlohmann::json(gate.value) : nlohmann::json(nullptr)}, {"met", gate.met}});
  }
  return rows;
}

Error gate_error(const Recipe& recipe, const std::vector<GateResult>& gates, const std::filesystem::path& out) {
  std::vector<Diagnostic> diagnostics;
  for (const GateResult& gate : gates) {
    if (gate.met) continue;
    diagnostics.push_back({fmt::format("gate {} {} was not met: {:.6g}", gate.metric, gate.limit, gate.value), recipe.where("/gates/" + gate.metric),
                           fmt::format("no model file was written; {} tells each site's part", (out / "report.json").string())});
  }
  return Error(ErrorKind::kGate, std::move(diagnostics));
}

}  // namespace vernier::core
