// Tokens one after the other: the greatest score wins.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "program/program_run.h"

namespace vernier::core {

struct GenerationLimits {
  int64_t tokens = 0;                        // at most so many; at least 1
  std::optional<std::vector<int32_t>> stop;  // not set: the program's
};

struct Generated {
  enum class End { kStop, kLimit, kContext };
  std::vector<int32_t> tokens;  // the stop token is the last one, where there was one
  End end = End::kLimit;
};

const char* to_string(Generated::End end);  // "stop", "limit", "context"

// The request's prompt, then token by token. Throws Error as ProgramRun does; kUsage for a limit below 1.
[[nodiscard]] Generated generate(ProgramRun& run, const Program& program, const Request& request,
                                 const GenerationLimits& limits);

// What the scores of the next token are behind the prompt, and behind each token of `answer` but the last,
// which are put in the place of what was chosen: one float32 tensor for each token of the answer. Throws
// Error as ProgramRun does; kUsage for an answer without tokens.
[[nodiscard]] std::vector<Tensor> teacher_forced(ProgramRun& run, const Program& program,
                                                 const Request& request, std::span<const int32_t> answer);

}  // namespace vernier::core
