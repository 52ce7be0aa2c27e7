// An exported file, executed, against the recipe that made it. Behind `vernier verify FILE --recipe R`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "vernier/core/session.h"

namespace vernier::core {

struct VerifyOptions {
  std::filesystem::path file;
  std::string executor;                 // empty: the one whose manifest fits the end of the file's name
  std::string executor_options = "{}";  // a JSON object
  std::optional<uint64_t> samples;      // at most so many evaluation samples; not set: all
  std::string unit = {};  // empty: those that the recipe exports to a file of that name, else its only one
};

// Codes are compared with the fake-quant run in float64, with the biases that the file has: float32 lands
// beside the exact result now and then, and an executor that does not should not be blamed.
//
// Runs the recipe up to its capture, then the file in an executor, on the recipe's evaluation samples.
// Returns rows as in the report's "verify" (schemas/report.schema.json), one for each unit that is in the
// file: per output the float, the fake-quant and the executed run pair by pair; per node the codes that
// differ; the first node that diverges. Writes nothing. Throws Error where the file cannot be run or does not
// fit the recipe; kUsage where nothing tells which of several units is meant.
nlohmann::json verify(const SessionOptions& session, const VerifyOptions& options);

// False where a gate of the row is broken: the ones that the recipe's export entry sets for a file of that
// name.
bool verify_gates_met(const nlohmann::json& row);

// One line for each gate of a run's report: what it compares, met or not, and the value.
std::string gates_table(const nlohmann::json& report);

// The row for a terminal.
std::string verify_table(const nlohmann::json& row);

}  // namespace vernier::core
