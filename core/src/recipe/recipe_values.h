// Values of a recipe that are written as text: memory sizes and gates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vernier/core/recipe.h"

namespace vernier::core {

// Bytes of "8GiB", "512 MiB", "1.5GB", "4096"; none when it is no size, zero, or beyond 2^63.
std::optional<uint64_t> parse_memory_size(std::string_view text);

// "<= 0.01"; none when it is no comparison and finite number.
std::optional<Gate> parse_gate(std::string_view text);

}  // namespace vernier::core
