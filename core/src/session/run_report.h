// The report of a finished run, as schemas/report.schema.json describes it.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "report/report.h"
#include "session/evaluate.h"
#include "session/gates.h"
#include "session/prepare.h"

namespace vernier::core {

struct RunFacts {
  const Metrics& metrics;       // over all units
  const nlohmann::json& units;  // rows of unit_row()
  const std::vector<GateResult>& gates;
  const nlohmann::json& exports;
  const PhaseTimes& times;
  const std::vector<StoredFile>& files;  // what was read back from the exported files
  const nlohmann::json& verify;          // rows of verify_file
  const nlohmann::json& statistics;      // of StatisticsCollector
};

// The row of a unit: what it is, its samples and metrics; "graph", outline() of its captured graph, is null
// until it is exported.
nlohmann::json unit_row(const Unit& unit, const Evaluation& evaluation);

nlohmann::json report_json(const Prepared& p, const RunFacts& facts);

}  // namespace vernier::core
