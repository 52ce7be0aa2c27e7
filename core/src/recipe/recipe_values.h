// Values of a recipe that are written as text: memory sizes and gates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "vernier/core/recipe.h"

namespace vernier::core {

inline constexpr uint64_t kMostMemory = (uint64_t{1} << 63) - 1;

// Bytes of "8GiB", "512 MiB", "1.5GB", "4096"; none when it is no size, or zero. More than kMostMemory is one
// more than that, however much it is.
std::optional<uint64_t> parse_memory_size(std::string_view text);
// The same of a number of bytes; none where it is not whole.
std::optional<uint64_t> memory_bytes(double bytes);

// "<= 0.01"; none when it is no comparison and finite number.
std::optional<Gate> parse_gate(std::string_view text);

}  // namespace vernier::core
