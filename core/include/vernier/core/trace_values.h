// What a recipe's units compute of one sample, value by value: behind `vernier trace`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "vernier/core/session.h"

namespace vernier::core {

struct TraceOptions {
  std::filesystem::path out;                     // the file to write
  std::optional<std::filesystem::path> compare;  // a file to hold the values against
  bool quantized = false;                        // after calibration; else in float
  uint64_t sample = 0;                           // of the evaluation samples of each unit
  // Two numbers are equal where |a - b| <= atol + rtol * |b|, b being that of `compare`.
  double atol = 0;
  double rtol = 0;
};

// Writes inputs, each op's result and each site's value to `out`, a .safetensors file, under names that say
// where they come from: "input/<name>", "<module path>/<op>.<call>" and "<module path>/<site>.<call>", a call
// being the number of that op or site in that module before it; the root's have no module path, those of
// several units begin with "<unit>:". The order of the program is in the metadata, as "order", one name a
// line.
//
// Returns {"file", "reading", "sample", "values", "compared", "only_here": [name], "only_there": [name],
// "differing", "first_difference"}: null, or {"name", "shape", "other_shape", "largest", "at", "value",
// "other"} of the first value in program order that differs; "largest" is the largest |a - b|, "at" its
// indices; null where shapes differ. Without `compare` the last five are 0, empty and null. Throws Error:
// kUsage for a sample that a unit does not have, a file that is an input; kData where `compare` cannot be
// read or has none of the names; what run() throws up to there.
nlohmann::json trace_values(const SessionOptions& session, const TraceOptions& options);

// The result for a terminal.
std::string trace_table(const nlohmann::json& result);

}  // namespace vernier::core
