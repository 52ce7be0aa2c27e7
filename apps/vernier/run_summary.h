// What `vernier run` and `vernier quantize` print at their end.
#pragma once

#include <filesystem>

#include "vernier/core/session.h"

namespace vernier::app {

// The account of a run on standard output, the verdict as its last line, or report.json where `is_json`;
// gates that were not met on standard error before that. `data` and `page`: the reports' places. Returns the
// exit code.
int show_run(const core::RunResult& result, const std::filesystem::path& data,
             const std::filesystem::path& page, bool is_json);

}  // namespace vernier::app
