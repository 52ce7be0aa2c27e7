// A program document as text, read and checked in full: whatever can be known before a run. What comes out is
// what program/program_run.h runs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "program/program.h"

namespace vernier::core {

std::string_view program_schema_text();  // schemas/program.schema.json

// `source` is what messages call the document: a file, or whose plugin it is. Throws Error (kData) with
// `source` and the JSON pointer of what is wrong: syntax, the schema, names, shapes and dtypes that do not
// agree, a buffer that is read before it is written, an argument out of its range, what nothing uses.
[[nodiscard]] Program read_program(std::string_view text, const std::string& source);

// The document again. Reading it gives the same program.
[[nodiscard]] nlohmann::json program_json(const Program& program);

}  // namespace vernier::core
