// A recipe with a program (model.program): its units take the place of the recipe's, and its document is made
// again for what a sample needs.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "session/made_program.h"
#include "session/prepare.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// Sites that have one grid because units give each other what they see, see tie_boundaries().
struct BoundaryTie {
  std::string owner;               // path of the site whose qparams all have
  std::vector<std::string> sites;  // the others, by path
  std::vector<std::string> buffers;
};

struct RecipeProgram {
  ProgramRequest request;  // with the recipe's profile
  MadeProgram made;
  RecipeUnit whole;                    // its samples and gates are the recipe's
  std::optional<RecipeVerify> verify;  // of the one export entry that has it
  std::string verify_pointer;          // that entry's
  std::vector<BoundaryTie> ties;
  uint64_t calibration_samples = 0;
  uint64_t captured_bytes = 0;       // of all units' inputs in calibration
  std::vector<uint64_t> reached_by;  // by unit: how many calibration samples reach it
};

// Throws Error (kUsage) where the recipe has a program: what `command` does of a recipe, it does of modules.
void refuse_program(const Prepared& p, const std::string& command);

// Makes the program of the recipe for this architecture and config, and replaces the recipe's units and
// exports by those of its units. Throws Error: what choose_program() and make_program() throw; kUsage for
// globs that fit no unit, a unit in two export entries or in none; kPlugin for what is not served.
[[nodiscard]] std::shared_ptr<RecipeProgram> open_recipe_program(Prepared& p, const std::string& architecture,
                                                                 const nlohmann::json& config);

// The program of other bindings of the profile; keys that the document's profile does not have are left out.
// null: without the key. Throws Error, what make_program() throws.
[[nodiscard]] Program remade(const RecipeProgram& program, HostServices& services, PluginHub& hub,
                             const std::map<std::string, std::optional<int64_t>>& bindings);

}  // namespace vernier::core
