// A Circle file for people and scripts.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "circle/reader.h"

namespace vernier::core {

// {"format": "circle", "version", "description", "bytes", "metadata": [names],
//  "subgraphs": [{"name", "inputs": [tensor], "outputs": [tensor],
//                 "tensors": [{"name", "shape", "shape_signature"?, "type", "scale"?, "zero_point"?, "axis"?,
//                 "constant", "bytes"?, "buffer"?}], "operators": [{"op", "custom_code"?, "inputs": [tensor
//                 or -1], "outputs": [tensor], "options": {…}}]}],
//  "signatures": [{"key", "subgraph", "inputs": {name: tensor}, "outputs": {name: tensor}}]}
nlohmann::json to_json(const CircleFile& file);

// One line a tensor and an operator, for a terminal; ends with a newline.
std::string to_table(const CircleFile& file);

}  // namespace vernier::core
