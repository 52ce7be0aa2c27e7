// The host's side of a trial (vernier/core/trial.h): whether one is wanted, and what it found.
#pragma once

#include "plugin/catalog.h"
#include "plugin/discovery.h"
#include "vernier/core/recipe.h"
#include "vernier/core/session.h"
#include "vernier/core/trial.h"

namespace vernier::core {

// As runtime.isolate says; where it is silent: whether a plugin of `catalog` lies outside the folders that
// come with the program.
[[nodiscard]] bool wants_trial(const Recipe& recipe, const Catalog& catalog, const SearchOptions& search);

// Makes the plan, or what of it `scope` says, in a process of its own. Throws what the plan throws there;
// Error (kPlugin) naming plugin and place where a plugin ended that process, hung or took all memory, also
// when it did so while it was shut down; a stop. Without a program `vernier` beside this one it warns and
// does nothing, or throws Error (kUsage) where runtime.isolate is true. [any thread]
void try_apart(const SessionOptions& options, const Recipe& recipe, TrialScope scope);

}  // namespace vernier::core
