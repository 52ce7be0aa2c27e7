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

}  // namespace

namespace {

// The units of the file, see VerifyOptions::unit.
std::vector<size_t> units_in(const Recipe& recipe, const VerifyOptions& options) {
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
  for (const RecipeExport& one : recipe.exports) {
    if (std::filesystem::path(one.file).filename() == options.file.filename()) return one.units;
  }
  if (recipe.units.size() == 1) return {0};
  throw usage_error(fmt::format("the recipe has several units and exports no file named {}",
                                options.file.filename().string()),
                    options.file.string(),
                    fmt::format("name the one that it holds: --unit {}", fmt::join(names, "|")));
}

bool is_exported_as_set(const Recipe& recipe, const std::filesystem::path& file) {
  return std::ranges::any_of(recipe.exports, [&](const RecipeExport& one) {
    return one.units.size() > 1 && std::filesystem::path(one.file).filename() == file.filename();
  });
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
  VerifyJob job{options.file, options.file.string(), options.executor, executor_options, options.samples, {}};
  const std::vector<size_t> units = units_in(run.p.recipe, options);
  // The limits that the recipe sets for a file of this name hold here too.
  for (size_t i = 0; i < run.p.recipe.exports.size(); ++i) {
    const RecipeExport& one = run.p.recipe.exports[i];
    if (std::filesystem::path(one.file).filename() != options.file.filename()) continue;
    const auto file = MappedFile::open(options.file);
    if (one.float_ops) refuse_float_ops(run.p.recipe, i, file->bytes());
    if (run.p.profiles[i]) refuse_unfit(run.p.recipe, i, *run.p.profiles[i], file->bytes(), run.control());
    if (one.verify) job.gates = one.verify->gates;
  }
  if (job.executor.empty()) job.executor = run.p.hub->executor_for(job.file).name;
  check_executor_options(*run.p.catalog, job.executor, job.options);
  run.calibrate();
  run.say("capturing");
  const std::vector<Graph> recorded = run.capture_for_export();
  const bool is_set = is_exported_as_set(run.p.recipe, options.file);
  nlohmann::json rows = nlohmann::json::array();
  for (const size_t unit : units) {
    const CapturedGraph captured(recorded[unit], *run.p.tree, *run.device, run.control());
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
      text += fmt::format("{}: {}", row.at("file").get<std::string>(), gate_line(gate));
  }
  return text;
}

bool verify_gates_met(const nlohmann::json& row) { return verified(row); }

}  // namespace vernier::core
