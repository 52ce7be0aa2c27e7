// The interfaces that a plugin finds by their ids, each answered by the room that knows the thing.
#pragma once

#include <string_view>

#include "vernier/abi/context.h"
#include "vernier/abi/graph.h"
#include "vernier/abi/json.h"
#include "vernier/abi/kernels.h"
#include "vernier/abi/module.h"
#include "vernier/abi/ops.h"
#include "vernier/abi/results.h"
#include "vernier/abi/sink.h"

namespace vernier::core {

// Null where this host has none called `id`.
const void* find_interface(std::string_view id);

const vernier_json_interface* json_interface();
const vernier_module_interface* module_interface();
const vernier_context_interface* context_interface();
const vernier_ops_interface* ops_interface();
const vernier_kernels_interface* kernels_interface();
const vernier_graph_interface* graph_interface();
const vernier_sink_interface* sink_interface();
const vernier_results_interface* results_interface();

}  // namespace vernier::core
