// What a plan says of the tree as a whole: each module's dtypes, and what each rule of the recipe reaches.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "module/module_tree.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// [{"module", "type", "weight", "activation"}] of each module that has sites: dtypes, "float", or null where
// it has no such site; several are joined by "+". Sites have qparams, or those that stand in for them.
nlohmann::json module_rows(const ModuleTree& tree);

// [{"rule", "where", "match", "sites", "decides"}]: how many sites a rule matches, and of how many it is the
// last that says something.
nlohmann::json rule_rows(const Recipe& recipe, const ModuleTree& tree);

}  // namespace vernier::core
