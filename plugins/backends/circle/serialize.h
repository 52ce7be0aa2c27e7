// A model as the bytes of a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "model.h"

namespace circle_backend {

// Copies bytes [offset, offset + length) of a constant of the graph at that place of the set.
using ReadConstant =
    std::function<void(size_t graph, uint64_t value, uint64_t offset, void* destination, uint64_t length)>;
using WriteBytes = std::function<void(const void* bytes, uint64_t length)>;

// The most that offsets inside a FlatBuffer can reach.
inline constexpr uint64_t kInlineLimit = (uint64_t{1} << 31) - 1;

// Constants stand inside the FlatBuffer, or, where the file would pass `inline_limit`, behind it, named by
// offset and length from the file's start; aligned to 16 bytes either way. Equal models and constants give
// equal bytes.
void serialize(const Model& model, const ReadConstant& read, const WriteBytes& write,
               uint64_t inline_limit = kInlineLimit);

}  // namespace circle_backend
