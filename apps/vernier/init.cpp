#include "vernier/core/init.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "init_options.h"
#include "output.h"
#include "progress.h"

namespace vernier::app {

namespace {

void make(const FirstRecipeOptions& given) {
  ProgressView progress(ProgressForm::kNone);
  core::InitOptions options = given.options();
  options.control = &controlled_by_signals(progress);
  const std::string text = core::init_recipe(options);
  if (given.json)
    put("{}\n", core::json_text({{"recipe", given.recipe}, {"text", text}}, 2));
  else
    put("{}\nnext: vernier plan {}\n", given.recipe, given.recipe);
}

}  // namespace

void add_init(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "init", "write a first recipe for a model's folder: it extends a preset and names model and samples");
  auto given = std::make_shared<FirstRecipeOptions>();
  given->add_to(*command);
  command
      ->add_option("--target", given->target, "what runs the file: circle, tflite, onnx (`vernier presets`)")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--profile", given->profile,
                   "of a whole program, as `vernier program` takes it: KEY=VALUE, e.g. image_slots=108")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1);
  command->add_option("-o,--out", given->recipe, "the recipe, which must not exist")
      ->required()
      ->type_name("FILE");
  command->callback([given] { make(*given); });
}

}  // namespace vernier::app
