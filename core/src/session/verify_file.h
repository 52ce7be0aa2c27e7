// An exported file, executed, against the fake-quant run and the float run.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "session/exporter.h"
#include "session/pipeline.h"
#include "vernier/core/json_value.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

struct VerifyJob {
  std::filesystem::path file;
  std::string shown;                        // how messages and the report name it
  std::string executor;                     // empty: by the end of the file's name
  JsonValue options = JsonValue::object();  // of the executor
  std::optional<uint64_t> samples;          // at most so many evaluation samples; not set: all
  std::vector<FileGate> gates;
  const OpenInputs* open = nullptr;  // of a file with an open extent, which is run at two extents at least

  // Of a file with several graphs, the one of this name.
  void choose(const std::string& signature);
};

// Runs the file on the unit's evaluation samples that have its shapes (calibration sample 0 where none has)
// and compares each output, and on the first of them each value that the graph and the file name alike. The
// pipeline is calibrated. Returns one row of the report's "verify". Throws Error where the file cannot be run
// or does not fit the recipe; a broken gate is in the row only.
nlohmann::json verify_file(Pipeline& run, const Unit& unit, const CapturedGraph& captured,
                           const VerifyJob& job);

// Whether each gate of the row holds.
bool verified(const nlohmann::json& row);

}  // namespace vernier::core
