#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "ended.h"
#include "output.h"
#include "progress.h"
#include "recipe_options.h"
#include "vernier/core/error.h"
#include "vernier/core/trace_values.h"

namespace vernier::app {

namespace {

struct TraceArguments {
  core::TraceOptions trace;
  std::string out, compare;
  std::string reading = "float";
  RecipeOptions recipe;
};

void trace(const TraceArguments& given) {
  core::SessionOptions session = given.recipe.session();
  session.device = core::default_device();
  ProgressView progress(given.recipe.progress_form());
  session.control = &controlled_by_signals(progress);
  core::TraceOptions options = given.trace;
  options.out = given.out;
  if (!given.compare.empty()) options.compare = given.compare;
  options.quantized = given.reading == "quantize";
  const nlohmann::json result = core::trace_values(session, options);
  if (given.recipe.json)
    put("{}\n", core::json_text(result, 2));
  else
    put("{}", core::trace_table(result));
  const nlohmann::json& first = result.at("first_difference");
  if (!first.is_null())
    end_with_error(core::Error(core::ErrorKind::kGate,
                               {fmt::format("{} differs", first.at("name").get<std::string>()), given.compare,
                                "values before it are equal, within --atol and --rtol"}));
  const auto alone = result.at("only_here").size() + result.at("only_there").size();
  if (result.at("compared") != 0 && alone != 0)
    end_with_error(
        core::Error(core::ErrorKind::kGate,
                    {fmt::format("{} values are on one side only; those of both sides are equal", alone),
                     given.compare, "--json lists their names"}));
}

}  // namespace

void add_trace(CLI::App& program) {
  // CLI11's ranges take NaN for a number within them.
  const auto is_tolerance = [](const std::string& text) -> std::string {
    const double value = std::strtod(text.c_str(), nullptr);
    return std::isfinite(value) && value >= 0 ? "" : text + " is no number from 0 on";
  };
  CLI::App* command = program.add_subcommand(
      "trace", "run a recipe on one sample and write what each op and site gives, under its name");
  auto given = std::make_shared<TraceArguments>();
  command->add_option("RECIPE", given->recipe.recipe, "recipe file (JSON, comments allowed)")->required();
  command->add_option("--out", given->out, "the file to write (.safetensors)")->type_name("FILE")->required();
  CLI::Option* compare =
      command
          ->add_option("--compare", given->compare,
                       "values of the same names; the first that differs is told, exit code 4")
          ->type_name("FILE");
  command->add_option("--reading", given->reading, "float, or quantize: after calibration")
      ->check(CLI::IsMember({"float", "quantize"}));
  command->add_option("--sample", given->trace.sample, "which evaluation sample, counted from 0")
      ->type_name("N");
  for (const auto& [name, value, what] :
       {std::tuple{"--atol", &given->trace.atol,
                   "numbers are equal within ATOL + RTOL * |other|; 0 unless set"},
        std::tuple{"--rtol", &given->trace.rtol, "see --atol"}})
    command->add_option(name, *value, what)->type_name("X")->check(is_tolerance)->needs(compare);
  given->recipe.add_overrides_to(*command);
  given->recipe.add_progress_to(*command);
  command->callback([given] { trace(*given); });
}

}  // namespace vernier::app
