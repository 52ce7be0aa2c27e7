// Two shapes laid over each other from their last axes; an extent of 1 repeats.
#pragma once

#include "call.h"

namespace circle_executor {

struct Broadcast {
  Shape shape;
  std::vector<int64_t>
      a_strides;  // of a dense tensor of shape `a`, 0 where it repeats; an entry an axis of `shape`
  std::vector<int64_t> b_strides;
};

// Throws Error where the shapes do not fit.
Broadcast broadcast_of(const Call& call, const Shape& a, const Shape& b);

}  // namespace circle_executor
