// A recipe against what there is: plugins and files. No plugin code runs.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "plugin/catalog.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// Names, options and versions against the catalog's manifests; folders and files against the disk. Throws
// Error (kUsage) with every finding: what, line:column and pointer, the nearest name that exists or those
// that do.
void check_against(const Recipe& recipe, const Catalog& catalog);

// The same for an executor that the command line names. Throws Error (kPlugin) for an unknown one, (kUsage)
// for its options.
void check_executor_options(const Catalog& catalog, const std::string& executor,
                            const nlohmann::json& options);

// The same for a processor.
void check_processor_options(const Catalog& catalog, const std::string& processor,
                             const nlohmann::json& options);

// recipe.schema.json with the catalog's names as legal values and each component's option schema where its
// options stand, so that an editor completes and checks them too.
nlohmann::json merged_schema(const Catalog& catalog);

}  // namespace vernier::core
