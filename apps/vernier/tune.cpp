#include "vernier/core/tune.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "ended.h"
#include "output.h"
#include "progress.h"
#include "recipe_options.h"
#include "vernier/core/error.h"

namespace vernier::app {

namespace {

struct TuneArguments {
  RecipeOptions recipe;
  std::string target, dtype = "int16";
  uint64_t samples = 0;
};

void tune(const TuneArguments& given) {
  core::SessionOptions session = given.recipe.session();
  session.device = core::default_device();
  ProgressView progress(given.recipe.progress_form());
  session.control = &controlled_by_signals(progress);
  core::TuneOptions options;
  options.target = given.target;
  options.dtype = DType(given.dtype == "int16" ? VERNIER_DTYPE_INT : VERNIER_DTYPE_UINT, 16);
  if (given.samples != 0) options.samples = given.samples;
  const core::TuneResult result = core::tune(session, options);
  if (given.recipe.json)
    put("{}\n", core::json_text(core::to_json(result), 2));
  else
    put("{}: {} of {} activation sites have 16 bits, {:.2f} dB, cosine {:.6f}\n{} recipes were tried, {} of "
        "them "
        "earlier; {}\n",
        result.recipe.string(), result.found.wide, result.activations, result.found.error.sqnr_db,
        result.found.error.cosine, result.points.size(), result.reused, result.page.string());
  if (!result.is_met)
    end_with_error(core::Error(core::ErrorKind::kGate,
                               {fmt::format("{} is not met: with 16 bits at every activation it is {:.6g}",
                                            given.target, result.found.value),
                                given.recipe.recipe, "`vernier sensitivity` tells what weights cost"}));
}

}  // namespace

void add_tune(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "tune", "find the fewest activation sites with 16 bits that meet a target, and write the recipe");
  auto given = std::make_shared<TuneArguments>();
  command->add_option("RECIPE", given->recipe.recipe, "recipe file (JSON, comments allowed)")->required();
  command->add_option("--target", given->target, "a metric and its limit, e.g. \"cosine >= 0.99\"")
      ->type_name("LIMIT")
      ->required();
  command
      ->add_option(
          "--out", given->recipe.out,
          "folder of recipe.json, tune.html and what a stopped tune goes on from (default: out/<recipe "
          "name>.tune)")
      ->type_name("DIR");
  command->add_option("--samples", given->samples, "the first N evaluation samples (default: all)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--dtype", given->dtype, "that sites are given (default: int16)")
      ->check(CLI::IsMember({"int16", "uint16"}));
  given->recipe.add_overrides_to(*command);
  given->recipe.add_journal_to(*command);
  given->recipe.add_progress_to(*command);
  command->callback([given] { tune(*given); });
}

}  // namespace vernier::app
