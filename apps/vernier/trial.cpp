// `vernier trial RECIPE`: what the host starts to try plugins from outside; not for people, so not in the
// help.
#include "vernier/core/trial.h"

#include "commands.h"
#include "recipe_options.h"

namespace vernier::app {

void add_trial(CLI::App& program) {
  CLI::App* command = program.add_subcommand("trial", "")->group("");
  auto options = std::make_shared<RecipeOptions>();
  options->add_to(*command);
  auto is_for_traces = std::make_shared<bool>(false);
  command->add_flag("--traces", *is_for_traces);
  command->callback([options, is_for_traces] {
    core::serve_trial(options->session(),
                      *is_for_traces ? core::TrialScope::kTraces : core::TrialScope::kPlan);
  });
}

}  // namespace vernier::app
