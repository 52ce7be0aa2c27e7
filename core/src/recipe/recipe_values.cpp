#include "recipe/recipe_values.h"

#include <charconv>
#include <cmath>

namespace vernier::core {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Reads the number that `text` begins with and removes it.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<uint64_t> memory_bytes(double bytes) {
  if (!(bytes >= 1) || bytes != std::floor(bytes)) return std::nullopt;
  return bytes >= 0x1p63 ? kMostMemory + 1 : static_cast<uint64_t>(bytes);
}

std::optional<uint64_t> parse_memory_size(std::string_view text) {
  constexpr struct {
    std::string_view name;
    double bytes;
  } units[] = {{"", 1},
               {"B", 1},
               {"KiB", 1024.0},
               {"MiB", 1048576.0},
               {"GiB", 1073741824.0},
               {"TiB", 1099511627776.0},
               {"KB", 1000.0},
               {"MB", 1000000.0},
               {"GB", 1e9},
               {"TB", 1e12}};
  text = trim(text);
  const std::optional<double> number = take_number(text);
  if (!number) return std::nullopt;
  for (const auto& unit : units) {
    if (trim(text) != unit.name) continue;
    const double bytes = *number * unit.bytes;
    return memory_bytes(std::floor(bytes));
  }
  return std::nullopt;
}

std::optional<Gate> parse_gate(std::string_view text) {
  text = trim(text);
  for (const std::string_view comparison : {"<=", ">=", "==", "<", ">"}) {
    if (text.substr(0, comparison.size()) != comparison) continue;
    text = trim(text.substr(comparison.size()));
    const std::optional<double> limit = take_number(text);
    if (!limit || !text.empty()) return std::nullopt;
    return Gate{std::string(comparison), *limit, {}};
  }
  return std::nullopt;
}

const char* to_string(GatePair pair) {
  switch (pair) {
    case GatePair::kFloatToQuantized:
      return "float_to_quantized";
    case GatePair::kFloatToFile:
      return "float_to_file";
    case GatePair::kQuantizedToFile:
      return "quantized_to_file";
  }
  return "";
}

bool Gate::holds(double value) const {
  if (op == "<=") return value <= limit;
  if (op == "<") return value < limit;
  if (op == ">=") return value >= limit;
  if (op == "==") return value == limit;
  return op == ">" && value > limit;
}

}  // namespace vernier::core
