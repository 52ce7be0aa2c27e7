// A model's folder to one quantized file, in one call: init and run. Behind `vernier quantize`.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "vernier/core/init.h"
#include "vernier/core/session.h"

namespace vernier::core {

struct QuantizeOptions {
  // As for init_recipe(). An empty `target` is the one whose files end as `file` does; an empty `recipe`:
  // none is left behind.
  InitOptions init;
  std::filesystem::path file;                    // the model that is made
  std::vector<std::string> overrides;            // --set PATH=VALUE
  std::optional<std::filesystem::path> journal;  // as in SessionOptions
  DeviceFactory device = nullptr;
};

// The report's place: FILE.report.html, and the same for people's scripts: FILE.report.json.
std::filesystem::path report_page_of(const std::filesystem::path& file);

// Makes `file` and its companions, and the report beside it, also where a gate is not met (`not_met`); then
// no model is written and an earlier one stays. `out` of the result is the folder of `file`. Nothing else is
// left. Throws Error (kUsage) where the name's end fits no target or several, for an architecture whose files
// are several (a program), for an output that is an input; what init_recipe() and run() throw.
// [one thread at a time]
RunResult quantize(const QuantizeOptions& options);

}  // namespace vernier::core
