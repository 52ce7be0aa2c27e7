// A recipe against what there is: plugins and files. No plugin code runs.
#pragma once

#include <nlohmann/json.hpp>

#include "plugin/catalog.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// Names, options and versions against the catalog's manifests; folders and files against the disk. Throws Error (kUsage) with
// every finding: what, line:column and pointer, the nearest name that exists or those that do.
void check_against(const Recipe& recipe, const Catalog& catalog);

// recipe.schema.json with the catalog's names as legal values and each component's option schema where its options stand, so
// that an editor completes and checks them too.
nlohmann::json merged_schema(const Catalog& catalog);

}  // namespace vernier::core
