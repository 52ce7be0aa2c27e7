// What a constant is made of, and where qparams come from, in the words that plan and report share.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "module/module_tree.h"

namespace vernier::core {

// {"parameters": ["a.weight", "a.lora_b"], "ops": ["matmul", "add"]} of a constant that a forward makes, in
// the order of the forward; {"table": true}; {"tensor": "qkv.weight", "axis": 0, "begin": 0, "end": 64} of a
// part,
// {"tensor": …} of a tensor with another name than the parameter; null of any other.
nlohmann::json made_of(const ModuleTree& tree, const Parameter& parameter);

// The constant of the exported graph that a parameter went into, and that is not in the file itself; null
// where there is none.
const Parameter* part_of(const ModuleTree& tree, const Parameter& parameter);

// "tied_to" and "declared_range": where the qparams of a site come from that sees no tensors.
void add_origin(nlohmann::json& row, const ModuleTree& tree, const Site& site);

}  // namespace vernier::core
