// The recipe's limits on the metrics.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tensor/metrics.h"
#include "vernier/core/error.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

struct GateResult {
  std::string unit;  // empty: the only one
  std::string metric;
  std::string limit;  // "<= 0.01"
  double value = 0;
  bool met = false;
  std::string pointer;  // where the recipe sets it
  std::string note;     // more of the value, for the message; often empty
};

// Throws Error (kUsage) for a limit that no output is held to, since only those of float32 are measured.
// `measured`: of each unit, whether it has such an output.
void refuse_idle_gates(const Recipe& recipe, const std::vector<bool>& measured);

// The unit's gates on its metrics; none where they are of nothing.
std::vector<GateResult> judge(const Recipe& recipe, const RecipeUnit& unit, const Metrics& metrics);
bool all_met(const std::vector<GateResult>& gates);
nlohmann::json gates_json(const std::vector<GateResult>& gates);
// "the file against float"
const char* describe_pair(GatePair pair);
// "sqnr_db >= 30 of the file against float (output 0)": a row of gates_json or of a verify row's "gates".
std::string describe_gate(const nlohmann::json& gate);
// "both.circle, unit decode": the file of a verify row, and its unit where the recipe has "units".
std::string file_and_unit(const nlohmann::json& row);
// One diagnostic for each gate that was not met.
Error gate_error(const Recipe& recipe, const std::vector<GateResult>& gates,
                 const std::filesystem::path& out);

// The same for the gates of executed files: `rows` are the report's "verify".
Error verify_error(const Recipe& recipe, const nlohmann::json& rows, const std::filesystem::path& out);

}  // namespace vernier::core
