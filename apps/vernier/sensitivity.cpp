#include "vernier/core/sensitivity.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "recipe_options.h"

namespace vernier::app {

namespace {

struct SensitivityArguments {
  RecipeOptions recipe;
  core::SensitivityOptions options;
  std::string by = "site", method = "one-quantized", role = "all", write, dtype = "int16";
  uint64_t samples = 0;
  size_t top = 20, suggested = 0;
};

void print_suggested(const core::SuggestedRules& suggested) {
  if (suggested.sites.empty()) {
    put("\nno activation has fewer bits: there is nothing to suggest\n");
    return;
  }
  put("\nrows 1 to {} ({} sites) cost {:.1f} dB: {:.2f} dB as it is, about {:.2f} dB with these rules\n",
      suggested.rows, suggested.sites.size(), suggested.after_db - suggested.before_db, suggested.before_db,
      suggested.after_db);
  const auto rules = nlohmann::ordered_json::parse(suggested.rules);
  for (const auto& rule : rules) put("  {},\n", rule.dump());
}

void sensitivity(const SensitivityArguments& given, bool suggests) {
  core::SessionOptions session = given.recipe.session();
  session.device = core::default_device();
  ProgressView progress(given.recipe.progress_form());
  session.control = &controlled_by_signals(progress);
  core::SensitivityOptions options;
  options.by_module = given.by == "module";
  options.method = given.method == "one-quantized" ? core::SensitivityMethod::kOneQuantized
                                                   : core::SensitivityMethod::kLeaveOneFloat;
  options.weights = given.role != "activation";
  options.activations = given.role != "weight";
  if (given.samples != 0) options.samples = given.samples;
  std::optional<core::SuggestOptions> suggest;
  if (suggests) {
    suggest.emplace();
    suggest->dtype = DType(given.dtype == "int16" ? VERNIER_DTYPE_INT : VERNIER_DTYPE_UINT, 16);
    suggest->write = given.write;
    if (given.suggested != 0) suggest->count = given.suggested;
  }
  const core::SensitivityResult result = core::measure_sensitivity(session, options, suggest);
  if (given.recipe.json) {
    nlohmann::json all = core::to_json(result.sensitivity);
    if (result.suggested)
      all["suggested"] = {{"sites", result.suggested->sites},
                          {"rows", result.suggested->rows},
                          {"before_db", result.suggested->before_db},
                          {"after_db", result.suggested->after_db},
                          {"rules", nlohmann::json::parse(result.suggested->rules)}};
    put("{}\n", all.dump(2));
    return;
  }
  put("{}", core::sensitivity_table(result.sensitivity, given.top));
  if (result.suggested) print_suggested(*result.suggested);
  if (!given.write.empty()) put("{}\n", given.write);
}

}  // namespace

void add_sensitivity(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "sensitivity", "what each site costs at the outputs, when it alone is quantized or left in float");
  auto given = std::make_shared<SensitivityArguments>();
  command
      ->add_option("RECIPE", given->recipe.recipe,
                   "recipe file, or the folder of a run, whose qparams are taken")
      ->required();
  command->add_option("--by", given->by, "a row for each site (twins are one), or for each module")
      ->check(CLI::IsMember({"site", "module"}));
  command
      ->add_option("--method", given->method,
                   "one-quantized: all else is float; leave-one-float: all else is quantized")
      ->check(CLI::IsMember({"one-quantized", "leave-one-float"}));
  command->add_option("--role", given->role, "rows for weights, activations or all")
      ->check(CLI::IsMember({"weight", "activation", "all"}));
  command->add_option("--samples", given->samples, "the first N evaluation samples (default: all)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_option("--top", given->top, "rows to print (default: 20)")->type_name("N");
  CLI::Option* suggest =
      command
          ->add_option("--suggest", given->suggested,
                       "rules that give the costliest N rows more bits (no N: as few as bring most)")
          ->type_name("[N]")
          ->expected(0, 1)
          ->check(CLI::PositiveNumber);
  command->add_option("--dtype", given->dtype, "that the rules give (default: int16)")
      ->check(CLI::IsMember({"int16", "uint16"}))
      ->needs(suggest);
  command->add_option("--write", given->write, "a new recipe that extends RECIPE and adds the rules")
      ->type_name("FILE")
      ->needs(suggest);
  given->recipe.add_overrides_to(*command);
  given->recipe.add_journal_to(*command);
  given->recipe.add_progress_to(*command);
  command->callback([given, suggest] { sensitivity(*given, suggest->count() != 0); });
}

}  // namespace vernier::app
