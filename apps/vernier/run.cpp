#include "commands.h"
#include "ended.h"
#include "progress.h"
#include "recipe_options.h"
#include "run_summary.h"

namespace vernier::app {

void add_run(CLI::App& program) {
  CLI::App* command =
      program.add_subcommand("run", "calibrate, quantize, export and measure what a recipe says");
  auto options = std::make_shared<RecipeOptions>();
  auto save_outputs = std::make_shared<bool>(false);
  auto quiet = std::make_shared<bool>(false);
  options->add_to(*command);
  options->add_journal_to(*command);
  command->add_flag(
      "--save-outputs", *save_outputs,
      "also write outputs.safetensors: float and quantized outputs of the evaluation samples, of a "
      "program scores and tokens");
  auto sensitivity = std::make_shared<bool>(false);
  command->add_flag("--sensitivity", *sensitivity,
                    "measure what each site costs at the outputs, in the place of the report's estimate");
  options->add_progress_to(*command)->excludes(
      command->add_flag("--quiet", *quiet, "the same as --progress none"));
  command->callback([options, save_outputs, quiet, sensitivity] {
    core::SessionOptions session = options->session();
    session.save_outputs = *save_outputs;
    session.measures_sensitivity = *sensitivity;
    session.device = core::default_device();
    ProgressView progress(*quiet ? ProgressForm::kNone : options->progress_form());
    session.control = &controlled_by_signals(progress);
    const core::RunResult result = core::run_to_verdict(session);
    end_with(show_run(result, result.out / "report.json", result.out / "report.html", options->json));
  });
}

}  // namespace vernier::app
