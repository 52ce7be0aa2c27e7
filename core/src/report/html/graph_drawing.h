// The captured graph as inline SVG: one box a module, in layers from top to bottom.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace vernier::core::html {

// `graph`: {"inputs": [names], "outputs": [names], "nodes": [{"op", "module", "inputs": [names or null],
// "outputs": [names]}]}. Consecutive nodes of one module share a box; a box stands below everything that it
// reads.
std::string drawing(const nlohmann::json& graph);

}  // namespace vernier::core::html
