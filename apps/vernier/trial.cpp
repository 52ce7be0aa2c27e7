// `vernier trial RECIPE` and `vernier trial-smoke TYPE CASE`: what the host starts to try plugins from
// outside; not for people, so not in the help.
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

  CLI::App* smoke = program.add_subcommand("trial-smoke", "")->group("");
  auto given = std::make_shared<core::SmokeOptions>();
  auto type = std::make_shared<std::string>();
  auto plugins = std::make_shared<std::vector<std::string>>();
  smoke->add_option("TYPE", *type)->required();
  smoke->add_option("CASE", given->name)->required();
  smoke->add_option("--plugin", *plugins)->take_all()->expected(1)->allow_extra_args(false);
  smoke->callback([given, type, plugins] {
    given->types = {*type};
    given->plugin_files.assign(plugins->begin(), plugins->end());
    core::serve_smoke_trial(*given);
  });
}

}  // namespace vernier::app
