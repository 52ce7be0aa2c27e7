// Everything before the model runs: recipe, plugins, checkpoint, module tree, specs.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "kernels/thread_pool.h"
#include "module/module_tree.h"
#include "plugin/plugin_hub.h"
#include "session/config_check.h"
#include "trace/replay.h"
#include "vernier/core/profiles.h"
#include "vernier/core/recipe.h"
#include "vernier/core/session.h"
#include "vernier/core/trial.h"

namespace vernier::core {

struct RecipeProgram;

struct Prepared {
  Recipe recipe;
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<HostServices> services;
  std::unique_ptr<Catalog> catalog;
  std::unique_ptr<PluginHub> hub;
  std::unique_ptr<Checkpoint> checkpoint;
  std::unique_ptr<Replay> replay;  // in the place of wrappers that ran elsewhere; null: they run here
  std::unique_ptr<ModuleTree> tree;
  ConfigFindings config;
  std::vector<std::optional<Profile>> profiles;  // of each export
  std::vector<ProfileLowering> lowerings;        // likewise
  std::shared_ptr<RecipeProgram> program;        // null: the recipe has none

  // Place of a unit's module in the tree, and the names of its entry's inputs in call order. Throw Error:
  // kUsage where the tree has no such module, or its wrapper no such entry.
  [[nodiscard]] int module_of(const RecipeUnit& unit) const;
  [[nodiscard]] const std::vector<std::string>& input_names(const RecipeUnit& unit) const {
    return entry_info(unit).inputs;
  }
  [[nodiscard]] const EntryInfo& entry_info(const RecipeUnit& unit) const;
  [[nodiscard]] const std::vector<std::string>& input_names() const { return input_names(recipe.units[0]); }
};

// `recorder` (may be null) hears of what wrappers ask; it must outlive the result. Throws Error.
Prepared prepare(const SessionOptions& options, TrialScope trial = TrialScope::kPlan,
                 CallRecorder* recorder = nullptr);

// Gives each site of the tree its spec. Throws Error (kUsage), what resolve_specs() throws.
void apply_specs(const Recipe& recipe, ModuleTree& tree);

// out/<recipe name> unless the options say otherwise.
std::filesystem::path output_folder(const SessionOptions& options, const Recipe& recipe);

}  // namespace vernier::core
