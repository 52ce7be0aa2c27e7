// The host's side of a trial (vernier/core/trial.h): whether one is wanted, and what it found.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "calls/recorded_calls.h"
#include "file/scratch_file.h"
#include "plugin/catalog.h"
#include "plugin/discovery.h"
#include "vernier/core/recipe.h"
#include "vernier/core/session.h"
#include "vernier/core/smoke.h"
#include "vernier/core/trial.h"

namespace vernier::core {

// As runtime.isolate says; where it is silent: whether a plugin of `catalog` lies outside the folders that
// come with the program.
[[nodiscard]] bool wants_trial(const Recipe& recipe, const Catalog& catalog, const SearchOptions& search);

// What the wrappers asked for in the process of the trial: what Replay makes of them here.
struct TrialCalls {
  RecordedCalls calls;
  std::unique_ptr<ScratchFile> tables;
  uint64_t table_bytes = 0;
};

// Makes the plan, or what of it `scope` says, in a process of its own, in which alone wrappers run. Throws
// what the plan throws there; Error (kPlugin) naming plugin and place where a plugin ended that process, hung
// or took all memory, also when it did so while it was shut down, or damaged what it has to say; Error
// (kData) where there is no room in $TMPDIR; a stop. Without a program `vernier` beside this one it warns and
// gives nothing, or throws Error (kUsage) where runtime.isolate is true. [any thread]
[[nodiscard]] std::optional<TrialCalls> try_apart(const SessionOptions& options, const Recipe& recipe,
                                                  TrialScope scope);

// The same for the wrapper of a smoke case, `type`'s of that name: it declares what it wants of a checkpoint.
[[nodiscard]] std::optional<TrialCalls> declare_apart(const SmokeOptions& options, const Catalog& catalog,
                                                      const std::string& type, const std::string& name);

}  // namespace vernier::core
