// JSON has no word for NaN and infinities.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>

namespace vernier::core {

// The number; null where it is not finite.
[[nodiscard]] inline nlohmann::json finite_number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

}  // namespace vernier::core
