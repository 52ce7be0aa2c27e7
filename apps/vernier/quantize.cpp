#include "vernier/core/quantize.h"

#include <filesystem>

#include "commands.h"
#include "ended.h"
#include "init_options.h"
#include "output.h"
#include "progress.h"
#include "run_summary.h"

namespace vernier::app {

namespace {

struct QuantizeGiven {
  FirstRecipeOptions first;
  std::string file, journal;
  std::vector<std::string> overrides;
};

void quantize_model(const QuantizeGiven& given) {
  ProgressView progress(given.first.json ? ProgressForm::kNone : progress_form(stderr));
  core::QuantizeOptions options;
  options.init = given.first.options();
  options.init.control = &controlled_by_signals(progress);
  options.file = given.file;
  options.overrides = given.overrides;
  if (!given.journal.empty()) options.journal = given.journal;
  options.device = core::default_device();
  const core::RunResult result = core::quantize(options);
  const std::filesystem::path page = core::report_page_of(options.file);
  const int code =
      show_run(result, std::filesystem::path(page).replace_extension(".json"), page, given.first.json);
  std::error_code ignored;
  if (code != 0 && !given.first.json && std::filesystem::exists(options.file, ignored))
    put("the earlier {} is as it was\n", given.file);
  end_with(code);
}

}  // namespace

void add_quantize(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "quantize", "a model's folder to one quantized file, with its report beside it: init and run in one");
  auto given = std::make_shared<QuantizeGiven>();
  given->first.add_to(*command);
  command->add_option("-o,--out", given->file, "the file: .circle, .tflite, .onnx")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--target", given->first.target,
                   "what runs the file (`vernier presets`; default: by the end of its name)")
      ->type_name("NAME");
  command->add_option("--recipe", given->first.recipe, "also keep the recipe, in a file that must not exist")
      ->type_name("FILE");
  command->add_option("--journal", given->journal, "folder that keeps what calibration saw, for later runs")
      ->type_name("DIR");
  command
      ->add_option("--set", given->overrides,
                   "override a value of the recipe: PATH=VALUE, e.g. quantization.activation.dtype=int16")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  command->callback([given] { quantize_model(*given); });
}

}  // namespace vernier::app
