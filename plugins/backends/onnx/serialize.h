// A model as the bytes of a file, constants read piece by piece.
#pragma once

#include <vernier/backend.h>

#include <cstdint>
#include <string>

#include "model.h"

namespace onnx_backend {

struct Storage {
  uint64_t inline_limit =
      (uint64_t{1} << 31) - 1;  // protobuf's; a file that would pass it keeps its constants in a companion
  bool is_external = false;     // keep them there whatever the size
};

// Equal models and constants give equal bytes. Constants above 1 KiB stand in "<file>.data", 4096-aligned,
// where the file would pass the limit. Holds one constant in memory where it is transposed, else a piece of
// one.
void serialize(const Model& model, const vernier::Graph& graph, vernier::Sink& sink, const Storage& storage);

}  // namespace onnx_backend
