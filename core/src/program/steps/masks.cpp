#include "program/steps/masks.h"

#include <fmt/format.h>

#include "vernier/core/error.h"

namespace vernier::core::steps {

namespace {

// Position that slot `slot` holds; -1: none.
int64_t held_position(int64_t slot, int64_t past, int64_t ring) {
  if (ring == 0) return slot < past ? slot : -1;
  if (slot >= ring || slot >= past) return -1;
  return past - 1 - (past - 1 - slot) % ring;
}

}  // namespace

Tensor causal_mask(const Shape& shape, int64_t first, int64_t window, double depth) {
  Tensor mask = Tensor::allocate(kFloat32, shape);
  const int64_t queries = shape[shape.size() - 2], keys = shape.back();
  auto* to = mask.mutable_as<float>();
  for (int64_t query = first; query < first + queries; ++query) {
    for (int64_t key = 0; key < keys; ++key) {
      const bool is_seen = key <= query && (window == 0 || query - key < window);
      *to++ = is_seen ? 0.0F : static_cast<float>(-depth);
    }
  }
  return mask;
}

Tensor cache_mask(const Shape& shape, int64_t past, int64_t window, int64_t ring, double depth) {
  const int64_t slots = shape.back() - 1;
  if (past < 0 || (ring == 0 && past > slots))
    throw data_error(fmt::format("a cache of {} slots cannot hold {} tokens", slots, past));
  Tensor mask = Tensor::allocate(kFloat32, shape);
  auto* to = mask.mutable_as<float>();
  for (int64_t slot = 0; slot < slots; ++slot) {
    const int64_t position = held_position(slot, past, ring);
    const bool is_seen = position >= 0 && (window == 0 || past - position < window);
    to[slot] = is_seen ? 0.0F : static_cast<float>(-depth);
  }
  to[slots] = 0.0F;
  return mask;
}

}  // namespace vernier::core::steps
