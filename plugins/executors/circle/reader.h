// Bytes of a Circle file to a Model, every offset, index and size checked on the way.
#pragma once

#include <cstddef>
#include <cstdint>

#include "choose.h"
#include "model.h"

namespace circle_executor {

// The chosen subgraph. `data` is aligned to 16 bytes and outlives the model. Throws Error: DATA_LOSS where
// the bytes contradict the format or themselves, UNIMPLEMENTED where a tensor is of a kind that is not run
// here, and as choose_subgraph().
Model read_model(const std::byte* data, uint64_t size, const Choice& choice);

}  // namespace circle_executor
