// What a site wants where the recipe's rules say nothing.
#pragma once

#include <vernier/wrapper.h>

namespace blocks {

// A site that 8 bits cannot serve: 16 bits with its zero in the middle, unless a rule says otherwise.
inline vernier::SiteDefaults sixteen_bits() {
  vernier::SiteDefaults defaults = vernier::per_tensor();
  defaults.dtype = vernier::kInt16;
  defaults.scheme = VERNIER_SCHEME_SYMMETRIC;
  return defaults;
}

// What is added to the score of a key that must not be seen. Deep enough that a masked score stays below
// every other one and its exponential is zero in float32, though scores of trained models lie up to 100
// apart; shallow enough that 16 bits keep a step of 0.01 over the whole range.
constexpr double kMaskDepth = 200.0;

}  // namespace blocks
