// Bytes of a Circle file to a Model, every offset, index and size checked on the way.
#pragma once

#include <cstddef>
#include <cstdint>

#include "model.h"

namespace circle_executor {

// `data` is aligned to 16 bytes and outlives the model. Throws Error: DATA_LOSS where the bytes contradict
// the format or themselves, UNIMPLEMENTED where a tensor is of a kind that is not run here, OUT_OF_RANGE
// where there is no such subgraph.
Model read_model(const std::byte* data, uint64_t size, uint64_t subgraph);

}  // namespace circle_executor
