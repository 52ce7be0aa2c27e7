// The report's "verdict": whether the files of a run are what their recipe wants, why not, and what to try.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "module/module_tree.h"

namespace vernier::core {

// Where a recipe sets no limit to a number, these are what a reader may expect; below either the verdict is
// WARN. An error that is orthogonal to the signal gives cosine 0.99 at 17 dB.
inline constexpr double kExpectedCosine = 0.99;
inline constexpr double kExpectedSqnr = 15;  // dB

// A limit of the recipe, wherever the report has it, and what came of it.
struct JudgedGate {
  std::string text;  // "cosine 0.9990 ≥ 0.99", "cosine 0.6502 is not ≥ 0.99"
  bool met = false;
  bool is_on_float = false;  // compares a run with the float run
};

// Those of the fake-quant run, of executed files and of a program's files.
std::vector<JudgedGate> judged_gates(const nlohmann::json& report);
// Files that their consumer, or a gate on float operators, does not take: one text each.
std::vector<std::string> refused_files(const nlohmann::json& report);

// Bytes that the checkpoint has of what a file of the tree holds, each tensor once.
uint64_t checkpoint_bytes(const ModuleTree& tree);

// {"result": "PASS" | "WARN" | "FAIL", "headline", "reasons": [TEXT], "next": [TEXT], "bytes",
// "formats", "checkpoint_bytes"} of a report that is complete but for this. FAIL: a gate or a consumer's
// profile is not met, reasons are all of these. WARN: no gate is on a number and the numbers are below what
// may be expected, nothing was measured, or there are warnings. `is_measured`: an output was compared with
// float.
nlohmann::json verdict_json(const nlohmann::json& report, bool is_measured, uint64_t checkpoint_bytes);

// What may help a result whose numbers are too far from float: rules to paste, from the dtypes of its sites
// and from what each one's own grid costs.
std::vector<std::string> advice_on_numbers(const nlohmann::json& report);

}  // namespace vernier::core
