// Pieces of the reader of program documents: JSON that has passed the schema into fields.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "program/program.h"

namespace vernier::core {

// Where in which document; the reader's errors come from here.
struct DocumentPlace {
  std::string source;
  std::string pointer;

  [[nodiscard]] DocumentPlace at(std::string_view key) const;
  [[nodiscard]] DocumentPlace at(size_t index) const;
  [[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) const;
};

// A whole number; the schema's reader takes one beyond 63 bits for a negative one.
[[nodiscard]] int64_t whole_number(const nlohmann::json& value, const DocumentPlace& place);

// Throws Error (kData) naming every place that breaks schemas/program.schema.json.
void check_program_schema(const nlohmann::json& document, const std::string& source);

// All arguments of a host step, defaults too. `value` is the step's "arguments"; null: none.
[[nodiscard]] std::map<std::string, StepArgument> read_arguments(const std::string& host,
                                                                 const nlohmann::json& value,
                                                                 const DocumentPlace& place);

// The names that a step's buffers have, from the schema, in its order by name.
[[nodiscard]] ProgramStep read_step(const Program& program, const nlohmann::json& value,
                                    const DocumentPlace& place);

// Checks beyond the schema. `program.phases` are read. Throws Error (kData).
void check_program(const Program& program);
// The part of it that is about the order of steps, see check_order.cpp.
void check_order(const Program& program);

// Ranges of the counters in phases that run so; see docs/program.md, "A run".
[[nodiscard]] CounterRanges counter_ranges(const Program& program, PhaseRuns runs);

}  // namespace vernier::core
