// What a reader of a run must know of samples that a processor made, or that run through a program.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "session/unit.h"

namespace vernier::core {

struct RecipeProgram;

// Rows of the report's warnings, [{text, where}]: an input that few lines give (its observers starve),
// samples that were cut, samples of several
// shapes where a file has one, samples that both calibrate and evaluate although the recipe names other ones;
// of a program (may be null) units that few samples reach. `evaluated`: the program's part of the report,
// null before there is one: answers that the float model does not give, either, which say nothing of the
// quantized one.
[[nodiscard]] nlohmann::json sample_warnings(const Recipe& recipe,
                                             const std::vector<std::unique_ptr<Unit>>& units,
                                             const RecipeProgram* program, const nlohmann::json& evaluated);

}  // namespace vernier::core
