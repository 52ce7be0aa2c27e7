// A projection: a child of type Linear, whatever plugin serves that type. Its sites and parameters are the
// child's: act_in, weight (per output channel), act_out; bias.
#pragma once

#include <vernier/wrapper.h>

#include <string_view>

namespace blocks {

// x [..., in] gives [..., out]. -1 for `in` or `out`: what the checkpoint has.
inline vernier::Child projection(vernier::Module& m, std::string_view name, int64_t in, int64_t out,
                                 bool bias) {
  return m.child(name, "Linear", {{"in_features", in}, {"out_features", out}, {"bias", bias}});
}

}  // namespace blocks
