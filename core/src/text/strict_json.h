// JSON files of others: config.json, a checkpoint's index. Strict (no comments, no key twice) and bounded before anything is
// built.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace vernier::core {

struct JsonLimits {
  size_t bytes = size_t{64} << 20;
  size_t depth = 64;
  size_t values = 1'000'000;  // objects, arrays and scalars together; each costs about 100 bytes of memory
};

// Parses one UTF-8 document. `file` is only for messages. Throws Error (kData) with `file:line:column` and the cause.
nlohmann::json parse_strict_json(std::string_view text, const std::string& file, const JsonLimits& limits = {});

// "line:column" of byte `offset`, both counted from 1, columns in bytes.
std::string line_column(std::string_view text, size_t offset);

}  // namespace vernier::core
