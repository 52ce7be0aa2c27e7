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
  command->callback([options] { core::serve_trial(options->session()); });
}

}  // namespace vernier::app
