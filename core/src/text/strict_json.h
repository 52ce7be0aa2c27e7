// JSON files of others: config.json, a checkpoint's index. Strict (no comments, no key twice) and bounded
// before anything is built.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace vernier::core {

struct JsonLimits {
  size_t bytes = size_t{64} << 20;
  size_t depth = 64;
  size_t values = 1'000'000;  // objects, arrays and scalars together; each costs about 100 bytes of memory
};

// Parses one UTF-8 document. `file` and `first_line`, the number of its first line, are only for messages.
// Throws Error (kData) with `file:line:column` and the cause.
nlohmann::json parse_strict_json(std::string_view text, const std::string& file,
                                 const JsonLimits& limits = {}, size_t first_line = 1);

// "line:column" of byte `offset`, both counted from 1 (lines from `first_line`), columns in bytes.
std::string line_column(std::string_view text, size_t offset, size_t first_line = 1);

}  // namespace vernier::core
