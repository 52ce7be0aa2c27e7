// The graph that one consumer has: what its profile fixes stands in the graph, so every reading of it, and
// the backend that writes it, round at the same places.
#pragma once

#include "graph/graph.h"
#include "vernier/core/profiles.h"

namespace vernier::core {

// `folded` is a graph without fake_quantize, see fold.h. Where a node of codes is an op with fixed qparams,
// its result has those and a requantize makes the site's own of them; where both are equal, nothing changes.
// An op that the file has in steps becomes those: silu is sigmoid, with the step's qparams, and mul. Float
// nodes stay, and so does one whose dtype the lowering does not name. New values stand at the end, called
// "<result>/raw" and "<result>/sigmoid". Throws Error (kInternal) for a graph that is not folded.
void lower(Graph& folded, const ProfileLowering& lowering);

}  // namespace vernier::core
