// What a reader of a run must know of samples that a processor made.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "session/unit.h"

namespace vernier::core {

// Rows of the report's warnings, [{text, where}]: an input that few lines give (its observers starve),
// samples that were cut, samples that both calibrate and evaluate although the recipe names other ones.
[[nodiscard]] nlohmann::json sample_warnings(const Recipe& recipe,
                                             const std::vector<std::unique_ptr<Unit>>& units);

}  // namespace vernier::core
