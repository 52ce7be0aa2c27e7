// Ops that move elements without changing them: their output's codes are their input's, so qparams pass
// through.
#pragma once

#include <optional>
#include <span>

#include "graph/graph.h"

namespace vernier::core {

// reshape, permute, slice, strided_slice, expand, concat, split (version 1).
bool is_view(const GraphNode& node);

// Qparams of each of the view's outputs when its inputs have these. Nothing where the codes cannot pass: a
// scale per channel through a reshape, or a concat of different qparams.
std::optional<QParams> carry(const Graph& graph, const GraphNode& view, std::span<const QParams> inputs);

// Qparams that each input needs so that an output has `output`. Nothing where no input qparams can do that.
std::optional<QParams> carry_back(const Graph& graph, const GraphNode& view, const QParams& output);

}  // namespace vernier::core
