// A program as one sample wants it: no pad rows, no empty slots of a cache (docs/program.md, "From a
// recipe").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "program/program.h"
#include "program/request.h"
#include "session/program_requests.h"

namespace vernier::core {

// What a sample runs: its prompt and, behind it, the tokens of its answer but the last one, which nothing
// follows; pictures without the slots that hold none.
struct OwnRequest {
  Request request;
  int64_t tokens = 0;  // of the request
  int64_t prompt = 0;  // of those, the ones before the answer
  int64_t pictures = 0;
  int64_t slots = 0;  // of each picture; 0: none, or the program counts none

  // The profile's bindings that make the program of these extents: "sequence", "pictures", "image_slots".
  [[nodiscard]] std::map<std::string, std::optional<int64_t>> bindings() const;
  // The same without its last token; and that token.
  [[nodiscard]] Request without_last() const;
  [[nodiscard]] int32_t last() const;

  std::string tokens_name;  // of the request's tensor
};

// Whether prompt and answer have two tokens that something follows, which own_request() wants. The request
// has its tokens.
[[nodiscard]] bool has_own_extents(const Program& program, const ProgramSample& sample);

// `program` is the recipe's. Throws Error (kData): a request without tokens, or with tensors beside them
// that count the prompt where there is an answer to append.
[[nodiscard]] OwnRequest own_request(const Program& program, const ProgramSample& sample);

// Whether phases of each picture run.
[[nodiscard]] bool has_pictures(const Program& program, const Request& request);

// By unit: whether each_token phases are the only ones that run it.
[[nodiscard]] std::vector<bool> units_for_tokens_alone(const Program& program);

// Of a program that was made for a sample's extents: the phases before the first token, on a prompt of all
// rows. Steps that nothing reads without the others are gone (what fills caches). Steps that depend on the
// prompt's length run for each length from `first_prompt` to the greatest: what they see is what they would
// see of each token of the answer, because a program hides from a row what stands behind it.
[[nodiscard]] Program prefill_of(Program program, int64_t first_prompt);

// The same with the each_token phases, for one token behind the prompt's first ones: caches hold all rows but
// the last when the last token is run on them, so one run shows all units what they are to see. The tokens
// that it chooses on its way are idle.
[[nodiscard]] Program calibration_of(Program program, int64_t first_prompt);

}  // namespace vernier::core
