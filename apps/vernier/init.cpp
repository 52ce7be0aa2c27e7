#include "vernier/core/init.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "vernier/core/error.h"

namespace vernier::app {

namespace {

struct Given {
  std::string model, target, precision, recipe, samples, evaluation;
  int64_t tokens = 128;
  std::vector<std::string> profile, plugins;
  bool json = false;
};

void make(const Given& given) {
  ProgressView progress(ProgressForm::kNone);
  core::InitOptions options;
  options.model = given.model;
  options.target = given.target;
  options.precision = given.precision;
  options.recipe = given.recipe;
  options.samples = given.samples;
  options.evaluation = given.evaluation;
  options.tokens = given.tokens;
  for (const std::string& one : given.profile) {
    const size_t equals = one.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw core::usage_error("a value of the profile has the form KEY=VALUE", "--profile " + one,
                              "for example image_slots=108");
    options.profile.emplace_back(one.substr(0, equals), one.substr(equals + 1));
  }
  options.plugin_files.assign(given.plugins.begin(), given.plugins.end());
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
  auto given = std::make_shared<Given>();
  command->add_option("MODEL", given->model, "folder with config.json")->required();
  command
      ->add_option("--target", given->target, "what runs the file: circle, tflite, onnx (`vernier presets`)")
      ->required()
      ->type_name("NAME");
  command->add_option("--preset", given->precision, "precision: w8a16, … (`vernier presets`)")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--text,--prompts", given->samples,
                   "samples to calibrate on: a line is a text (.txt), or a request with prompt, pictures and "
                   "answer (.jsonl)")
      ->required()
      ->type_name("FILE");
  command->add_option("--evaluation", given->evaluation, "other samples to measure on (default: the same)")
      ->type_name("FILE");
  command
      ->add_option("--tokens", given->tokens, "tokens of a sample; of a whole program, of prompt and answer")
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 20))
      ->capture_default_str();
  command
      ->add_option("--profile", given->profile,
                   "of a whole program, as `vernier program` takes it: KEY=VALUE, e.g. image_slots=108")
      ->type_name("KEY=VALUE")
      ->take_all()
      ->expected(1);
  command->add_option("-o,--out", given->recipe, "the recipe, which must not exist")
      ->required()
      ->type_name("FILE");
  command->add_option("--plugin", given->plugins, "a plugin library; comes before every other place")
      ->type_name("FILE")
      ->take_all()
      ->expected(1);
  command->add_flag("--json", given->json, "print JSON on standard output");
  command->callback([given] { make(*given); });
}

}  // namespace vernier::app
