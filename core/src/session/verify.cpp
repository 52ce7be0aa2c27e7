#include "vernier/core/verify.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "file/folder_commit.h"
#include "file/mapped_file.h"
#include "recipe/check.h"
#include "session/consumer.h"
#include "session/gates.h"
#include "session/recipe_program.h"
#include "session/verify_file.h"
#include "text/nearest.h"

namespace vernier::core {

namespace {

std::string number(const nlohmann::json& value, const char* format = "{:.6g}") {
  return value.is_null() ? "-" : fmt::format(fmt::runtime(format), value.get<double>());
}

// "inf" where nothing differs: a report has null for that.
std::string decibel(const nlohmann::json& metrics) {
  return metrics.at("sqnr_db").is_null() ? "inf" : number(metrics.at("sqnr_db"), "{:.2f}");
}

std::string codes(const nlohmann::json& comparison) {
  if (comparison.at("codes_differ").is_null()) return "float";
  return fmt::format("{} of {} ({:.4g} %)", comparison.at("codes_differ").get<uint64_t>(),
                     comparison.at("elements").get<uint64_t>(), 100 * comparison.at("share").get<double>());
}

std::string gate_line(const nlohmann::json& gate) {
  return fmt::format("gate {}: {} ({})\n", describe_gate(gate),
                     gate.at("met").get<bool>() ? "met" : "NOT met", number(gate.at("value")));
}

std::string pair_line(const char* name, const nlohmann::json& metrics) {
  return fmt::format("    {:<22} SQNR {:>8} dB   PEIR {:>10} %   cosine {}\n", name, decibel(metrics),
                     number(100 * metrics.at("peir").get<double>()), number(metrics.at("cosine"), "{:.8g}"));
}

// How many names two paths share at their ends.
size_t shared_end(const std::filesystem::path& a, const std::filesystem::path& b) {
  auto one = a.end(), other = b.end();
  size_t shared = 0;
  while (one != a.begin() && other != b.begin() && *--one == *--other) ++shared;
  return shared;
}

// What the recipe says of the file: of the exports of its name (those of the unit that is asked for), the one
// whose folders it lies in; null where there is none.
const RecipeExport* export_of(const Recipe& recipe, const VerifyOptions& options) {
  const std::filesystem::path file = std::filesystem::absolute(options.file).lexically_normal();
  std::vector<const RecipeExport*> found;
  std::vector<std::string> names;
  size_t most = 1;
  for (const RecipeExport& one : recipe.exports) {
    const auto is_asked = [&](size_t unit) {
      return options.unit.empty() || recipe.units[unit].name == options.unit;
    };
    const size_t shared = shared_end(file, std::filesystem::path(one.file).lexically_normal());
    if (shared < most || std::ranges::none_of(one.units, is_asked)) continue;
    if (shared > most) {
      found.clear();
      names.clear();
    }
    most = shared;
    found.push_back(&one);
    names.push_back(one.file);
  }
  if (found.size() > 1)
    throw usage_error(
        fmt::format("the recipe exports several files of this name: {}", fmt::join(names, ", ")),
        options.file.string(), "put it into a folder of the name that its own has in the recipe");
  return found.empty() ? nullptr : found.front();
}

// The units of the file, see VerifyOptions::unit.
std::vector<size_t> units_in(const Recipe& recipe, const VerifyOptions& options,
                             const RecipeExport* exported) {
  std::vector<std::string> names;
  for (size_t i = 0; i < recipe.units.size(); ++i) {
    if (recipe.units[i].name == options.unit) return {i};
    names.push_back(recipe.units[i].name);
  }
  if (!options.unit.empty()) {
    const std::string close = did_you_mean(options.unit, names);
    throw usage_error(fmt::format("the recipe has no unit {}", options.unit), "--unit",
                      close.empty() ? fmt::format("its units: {}", fmt::join(names, ", ")) : close);
  }
  if (exported != nullptr) return exported->units;
  if (recipe.units.size() == 1) return {0};
  throw usage_error(fmt::format("the recipe has several units and exports no file named {}",
                                options.file.filename().string()),
                    options.file.string(),
                    fmt::format("name the one that it holds: --unit {}", fmt::join(names, "|")));
}

}  // namespace

nlohmann::json verify(const SessionOptions& session, const VerifyOptions& options) {
  std::error_code error;
  settle_around(options.file);
  if (!std::filesystem::is_regular_file(options.file, error))
    throw data_error("no such file: " + options.file.string(), options.file.string());
  nlohmann::json executor_options = nlohmann::json::parse(options.executor_options, nullptr, false);
  if (!executor_options.is_object())
    throw usage_error("the executor's options are no JSON object: " + options.executor_options,
                      "--executor-options");
  Pipeline run(session, TrialScope::kTraces);
  refuse_program(run.p, "`vernier verify` of a recipe");
  VerifyJob job{options.file, options.file.string(), options.executor, executor_options, options.samples, {}};
  const RecipeExport* exported = export_of(run.p.recipe, options);
  const std::vector<size_t> units = units_in(run.p.recipe, options, exported);
  // Without an export entry nobody says who the file is for: it is held to the sites' own qparams.
  ProfileLowering lowering;
  const bool is_set = exported != nullptr && exported->units.size() > 1;
  if (is_set && executor_options.contains("signature"))
    throw usage_error("option \"signature\" does not go with a file whose units are all in the recipe",
                      "--executor-options", "choose with --unit");
  if (exported != nullptr) {  // its limits hold here too
    const auto i = static_cast<size_t>(exported - run.p.recipe.exports.data());
    const auto file = MappedFile::open(options.file);
    lowering = run.p.lowerings[i];
    if (exported->float_ops || exported->float_tensors) refuse_float(run.p.recipe, i, file->bytes());
    if (run.p.profiles[i]) refuse_unfit(run.p.recipe, i, *run.p.profiles[i], file->bytes(), run.control());
    if (exported->verify) job.gates = exported->verify->gates;
    if (exported->open) job.open = &run.open_inputs(i);
  }
  if (job.executor.empty()) job.executor = run.p.hub->executor_for(job.file).name;
  check_executor_options(*run.p.catalog, job.executor, job.options);
  run.calibrate();
  run.say("capturing");
  const std::vector<Graph> recorded = run.capture_for_export();
  nlohmann::json rows = nlohmann::json::array();
  for (const size_t unit : units) {
    const CapturedGraph captured(recorded[unit], *run.p.tree, *run.device, lowering, run.control(),
                                 run.kept_codes.get());
    run.say(fmt::format("running {} in executor {}", job.shown, job.executor));
    if (is_set) job.choose(run.p.recipe.units[unit].name);
    rows.push_back(verify_file(run, *run.units[unit], captured, job));
  }
  return rows;
}

std::string verify_table(const nlohmann::json& row) {
  std::string text = fmt::format(
      "{} in executor {}: {}{} samples{}\n", row.at("file").get<std::string>(),
      row.at("executor").get<std::string>(),
      row.at("unit").is_null() ? "" : fmt::format("unit {}, ", row.at("unit").get<std::string>()),
      row.at("samples").get<uint64_t>(),
      row.at("skipped_samples") == 0
          ? ""
          : fmt::format(", {} of other shapes skipped", row.at("skipped_samples").get<uint64_t>()));
  for (const auto& output : row.at("outputs")) {
    const auto& file = output.at("quantized_to_file");
    text += fmt::format("  output {} {} ({}): codes that differ: {}, greatest step {}\n",
                        output.at("index").get<uint64_t>(), output.at("name").get<std::string>(),
                        output.at("dtype").get<std::string>(), codes(file), number(file.at("max_step")));
    text += pair_line("float to fake-quant", output.at("float_to_quantized"));
    text += pair_line("fake-quant to file", file);
    text += pair_line("float to file", output.at("float_to_file"));
  }
  text += fmt::format("  nodes: {} of {} compared", row.at("compared_nodes").get<uint64_t>(),
                      row.at("all_nodes").get<uint64_t>());
  const auto& first = row.at("first_divergence");
  text +=
      first.is_null()
          ? ", none diverges\n"
          : fmt::format("; the first that diverges: {} ({} of {}), {}, greatest step {}\n",
                        first.at("name").get<std::string>(), first.at("op").get<std::string>(),
                        first.at("module").get<std::string>().empty() ? "the root"
                                                                      : first.at("module").get<std::string>(),
                        codes(first), number(first.at("max_step")));
  for (const auto& gate : row.at("gates")) text += "  " + gate_line(gate);
  return text;
}

std::string gates_table(const nlohmann::json& report) {
  std::string text;
  for (const auto& gate : report.at("gates")) text += gate_line(gate);
  for (const auto& row : report.at("verify")) {
    for (const auto& gate : row.at("gates"))
      text += fmt::format("{}: {}", file_and_unit(row), gate_line(gate));
  }
  return text;
}

bool verify_gates_met(const nlohmann::json& row) { return verified(row); }

}  // namespace vernier::core
