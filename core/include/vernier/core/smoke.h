// Wrappers tried without a model: the smoke cases of their manifests, on random numbers. Behind `vernier
// smoke`.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vernier/core/device_factory.h"
#include "vernier/core/json_value.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

struct SmokeOptions {
  std::vector<std::string> types;                   // module types; empty: every type that a wrapper serves
  std::string name;                                 // only cases of this name; empty: all
  std::string backend;                              // that writes a file; empty: none does
  JsonValue file_gates = JsonValue::object();       // of the executed file against its exact reading, as
                                                    // `quantized_to_file` of a recipe; a case may have its
                                                    // own
  std::vector<std::string> overrides;               // of each recipe: --set PATH=VALUE
  std::vector<std::filesystem::path> plugin_files;  // --plugin FILE
  DeviceFactory device = nullptr;                   // needed by smoke()
  const RunControl* control = nullptr;              // must outlive the call; may be null

  [[nodiscard]] const RunControl& run_control() const {
    return control == nullptr ? RunControl::none() : *control;
  }
};

// {"version", "cases": [{type, case, wrapper, plugin, entry, config, inputs, samples, seed, gates}],
// "without_case": [TYPE]}: what smoke() would run, and the chosen types for which there is no case (of that
// name). Runs nothing. Throws Error (kUsage) with the nearest name for a type that no wrapper serves, for one
// that `types` names and that has no case, and for a name that no case has.
nlohmann::json list_smoke(const SmokeOptions& options);

// For each case: asks the wrapper what it declares, writes a random checkpoint of that and a recipe into a
// temporary folder, and does with it what run() does. An executor runs the file where one is there for such
// files. `each` (may be empty) gets a row as soon as it is known. Returns {"version", "cases": [ROW],
// "without_case": [TYPE], "seconds", "seconds_loading": of the device, "exit_code"}. A row is
//   {"type", "case", "wrapper", "plugin", "seconds", "verdict": "ok", "gate" (a limit is passed), "differs"
//   (the file is not what it should be) or "error", "exit_code", "errors": [{what, where, hint}],
//   "mean_abs_diff", "max_abs_diff", "peir", "sqnr_db": null where they are not known or not finite,
//   "gates": [{metric, limit, value, met, …}],
//   "file": null or {"backend", "bytes", "executor": null where it was not run, "codes", "codes_differ",
//   "max_step": over all outputs, null where they have no codes, "max_abs_diff": from the exact reading}}
// What is wrong with a case is in its row; the exit code of all is that of the worst: 70, 3, 2, 5, 4, 0.
// Throws Error as list_smoke, where the device cannot be had, and where `control` asks for a stop. Leaves no
// file.
nlohmann::json smoke(const SmokeOptions& options,
                     const std::function<void(const nlohmann::json& row)>& each = {});

}  // namespace vernier::core
