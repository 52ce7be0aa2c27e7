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
#include "session/program_requests.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

// Sites that have one grid because units give each other what they see, see tie_boundaries().
struct BoundaryTie {
  std::string owner;               // path of the site whose qparams all have
  std::vector<std::string> sites;  // the others, by path
  std::vector<std::string> buffers;
};

// What calibration samples hold while they wait between two units.
struct CapturedBytes {
  uint64_t all = 0;
  uint64_t at_once = 0;  // most of one sample
};

struct RecipeProgram {
  // A golden run beyond this holds requests and tokens alone.
  static constexpr uint64_t kMostGoldenBytes = uint64_t{64} << 20;

  ProgramRequest request;  // with the recipe's profile
  MadeProgram made;
  RecipeUnit whole;                    // its samples and gates are the recipe's
  std::optional<RecipeVerify> verify;  // of the one export entry that has it
  std::string verify_pointer;          // that entry's
  std::vector<BoundaryTie> ties;
  // The samples, opened once for the whole run; they refer to `made`. Where qparams are given nothing
  // calibrates, and the first is null.
  std::shared_ptr<const ProgramRequests> calibration = {}, evaluation = {};
  CapturedBytes captured = {};  // in calibration
  // Bytes of an evaluation sample: while statistics are taken; at the extents of the files, scores apart.
  uint64_t observed = 0, evaluated = 0;
  std::vector<uint64_t> reached_by = {};  // by unit: how many calibration samples reach it
  std::vector<size_t> order = {};         // units, as calibration runs them: each behind those that feed it

  [[nodiscard]] uint64_t calibration_samples() const {
    return calibration == nullptr ? 0 : calibration->samples();
  }
  // What the report and the plan say of samples that a processor made, see prompts_json().
  [[nodiscard]] nlohmann::json prompts() const;
  // How many evaluation samples the files run on.
  [[nodiscard]] uint64_t executed_samples(const Recipe& recipe) const;
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
