// What a sweep may keep in memory.
#pragma once

#include <cstdint>

namespace vernier::core {

struct SweepLimits {
  // Of the constants that a segment holds for one lane, in the form that ops read; a graph is cut so that
  // each segment has no more, or a single greater one. docs/adr/0030 says where the number comes from.
  uint64_t constant_bytes = uint64_t{4} << 20;
  // Of the values that wait for a later segment; more of them go to a scratch file.
  uint64_t store_bytes = uint64_t{256} << 20;
};

}  // namespace vernier::core
