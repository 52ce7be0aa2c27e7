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
  const Evaluation& evaluation;
  const std::vector<GateResult>& gates;
  const nlohmann::json& exports;
  const PhaseTimes& times;
  uint64_t calibration_samples;
  const std::vector<StoredFile>& files;  // what was read back from the exported files
  const nlohmann::json& verify;          // rows of verify_file
  const nlohmann::json& statistics;      // of StatisticsCollector
  const nlohmann::json& graph;           // outline() of the captured graph, or null
};

nlohmann::json report_json(const Prepared& p, const RunFacts& facts);

}  // namespace vernier::core
