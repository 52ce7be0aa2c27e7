// Which of a file's subgraphs is run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "circle_generated.h"

namespace circle_executor {

namespace circle = vernier::circle;

// At most one is set.
struct Choice {
  std::optional<uint64_t> subgraph;      // by place
  std::optional<std::string> signature;  // by key; by the subgraph's name where the file has no signatures
};

// The place of a subgraph that is there; without a choice that of the only one, or of the only signature.
// `file` has passed FlatBuffers' verifier. Throws Error: OUT_OF_RANGE and NOT_FOUND where the choice names
// nothing, INVALID_ARGUMENT with the names where none was made and there are several, DATA_LOSS where the
// file has no subgraph, a name is there twice, or a signature leads nowhere.
uint64_t choose_subgraph(const circle::Model& file, const Choice& choice);

}  // namespace circle_executor
