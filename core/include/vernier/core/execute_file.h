// One exported file on given inputs: behind `vernier execute FILE`.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "vernier/core/run_control.h"

namespace vernier::core {

struct ExecuteOptions {
  std::filesystem::path file;
  std::filesystem::path inputs, outputs;  // safetensors files of tensors by the names that `file` has
  std::vector<std::filesystem::path> plugin_files;  // --plugin FILE
  std::string executor;                             // empty: chosen by the end of the file's name
  std::string executor_options = "{}";              // a JSON object
  bool all = false;  // writes what the file computes on the way, too, as far as the executor tells
  const RunControl* control = nullptr;  // must outlive the call; may be null
};

// Runs the file and writes its outputs as it gives them: codes where it has codes. Inputs are given so, too,
// in the file's dtype (int32 and int64 are converted to each other); axes that are open have any extent.
// Returns {"executor", "inputs": [ROW], "outputs": [ROW]} with ROW {"name", "dtype", "shape", "scale",
// "zero_point"}; the last two are null where it has no codes. Throws Error: kUsage where `outputs` is one of
// the files that are read; kData where a tensor is missing, is one too many or has another dtype; what the
// executor says.
[[nodiscard]] nlohmann::json execute_file(const ExecuteOptions& options);

}  // namespace vernier::core
