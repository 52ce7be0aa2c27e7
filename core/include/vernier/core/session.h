// One recipe from its text to its results: what `vernier plan` and `vernier run` call.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "vernier/core/device_factory.h"
#include "vernier/core/error.h"
#include "vernier/core/json_value.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct SessionOptions {
  std::filesystem::path recipe;
  std::vector<std::string> overrides;               // --set PATH=VALUE
  std::vector<std::filesystem::path> plugin_files;  // --plugin FILE
  std::optional<std::filesystem::path> out;         // default: out/<recipe name>
  std::optional<std::filesystem::path> journal;     // --journal DIR, before the recipe's runtime.journal
  std::filesystem::path recipe_name;                // what messages and reports call it; empty: its path
  bool save_outputs = false;          // also write outputs.safetensors of all evaluation samples
  bool measures_sensitivity = false;  // the report's ranking of sites is measured, not estimated
  DeviceFactory device = nullptr;     // needed by run and verify
  const RunControl* control =
      nullptr;  // stops the session and hears of its progress; must outlive the call; may be null

  [[nodiscard]] const RunControl& run_control() const {
    return control == nullptr ? RunControl::none() : *control;
  }
};

// What a run left behind. A gate that was not met is in the report and an Error (kGate) after everything was
// written.
struct RunResult {
  std::filesystem::path out;
  JsonValue report;  // schemas/report.schema.json
  // A gate or a file's consumer that was not met (kGate): no model file was written, the report was.
  std::optional<Error> not_met;
};

// Checks everything that can be checked without running the model, and says what would happen to each tensor:
// {"recipe", "module", "type", "entry", "plugins": […], "sites": [{site, role, observer, dtype, scheme,
// granularity, axis, reason, bytes}], "graph": {"inputs": [{name, dtype, shape}], "outputs": […], "ops":
// {NAME: COUNT}, "float_ops": [{op, module, output}], "float_inputs": [NAME], "float_outputs": [NAME],
// "operations", "constant_bytes", "sample_shapes"}, "parameters": […], "exports": […]}. The entry is traced
// for the shapes of every sample, and each backend is asked whether it can write the result. Throws Error.
nlohmann::json plan(const SessionOptions& options);

// Calibrates, converts, captures, exports, evaluates. Nothing appears in the output folder unless all of it
// succeeded. Throws Error, `not_met` too.
RunResult run(const SessionOptions& options);
// The same, but returns where a gate was not met, so that a caller can show the report.
RunResult run_to_verdict(const SessionOptions& options);

}  // namespace vernier::core
