// A graph for people and scripts: `inspect`, `plan` and debugging.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "graph/graph.h"

namespace vernier::core {

// {"name", "inputs": [names], "outputs": [names], "must_understand": [features],
//  "values": [{"name", "kind", "dtype", "shape", "qparams"?: {"dtype", "scheme", "axis", "scale",
//  "zero_point"}, "constant_bytes"?, "is_filled"?: true}], "nodes": [{"op", "version", "module", "inputs":
//  [name or null], "outputs": [names], "attributes": {…}}]}
// Values in index order, nodes in execution order. Numbers that JSON lacks are the texts "inf", "-inf",
// "nan". The graph must be valid (validate.h).
nlohmann::json to_json(const Graph& graph);

// What is needed to draw it: {"inputs", "outputs", "nodes": [{"op", "module", "inputs", "outputs"}]}, all by
// name.
nlohmann::json outline(const Graph& graph);

}  // namespace vernier::core
