#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "progress.h"
#include "recipe_options.h"
#include "vernier/core/verify.h"

namespace vernier::app {

namespace {

void print_float_work(const nlohmann::json& work) {
  if (work.is_null()) return;
  std::string text;
  for (const auto& [name, count] : work.at("operators").items())
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count.get<uint64_t>(), name);
  if (!text.empty()) put("  computes in float: {}\n", text);
  for (const char* ends : {"inputs", "outputs"}) {
    if (!work.at(ends).empty())
      put("  float {}: {}\n", ends, fmt::join(work.at(ends).get<std::vector<std::string>>(), ", "));
  }
}

void print_metrics(const std::string& unit, const nlohmann::json& metrics) {
  const auto number = [&](const char* name) {
    return metrics.at(name).is_null() ? std::string("inf")
                                      : fmt::format("{:.7g}", metrics.at(name).get<double>());
  };
  put("{}mean|diff| {}   max|diff| {}   PEIR {} %   SQNR {} dB   cosine {}\n", unit, number("mean_abs_diff"),
      number("max_abs_diff"), fmt::format("{:.7g}", metrics.at("peir").get<double>() * 100),
      number("sqnr_db"), number("cosine"));
}

void print_answers(const char* whose, const nlohmann::json& answers) {
  if (answers.is_null()) return;
  put("{:<10} {} of {} answers right, {} of {} tokens, mean log-likelihood {}, least margin {}\n", whose,
      answers.at("exact").get<uint64_t>(), answers.at("samples").get<uint64_t>(),
      answers.at("right_tokens").get<uint64_t>(), answers.at("tokens").get<uint64_t>(),
      answers.at("mean_log_likelihood").dump(), answers.at("least_margin").dump());
}

void print_program(const nlohmann::json& report) {
  if (!report.contains("program")) return;
  const nlohmann::json& program = report.at("program");
  print_answers("float", program.at("evaluation").at("float"));
  print_answers("fake quant", program.at("evaluation").at("quantized"));
  const nlohmann::json& executed = program.at("executed");
  if (executed.is_null()) return;
  put("the files on {} samples, against the fake-quant run: {} of {} tokens are the same\n",
      executed.at("samples").get<uint64_t>(),
      executed.at("quantized_to_file").at("same_tokens").get<uint64_t>(),
      executed.at("quantized_to_file").at("tokens").get<uint64_t>());
  print_metrics("  ", executed.at("quantized_to_file").at("metrics"));
  print_answers("  files", executed.at("answers"));
}

void print_summary(const core::RunResult& result) {
  const nlohmann::json& report = result.report;
  const auto& units = report.at("units");
  for (const auto& unit : units)
    print_metrics(units.size() == 1 ? "" : fmt::format("{:<12} ", unit.at("name").get<std::string>()),
                  unit.at("metrics"));
  print_program(report);
  for (const auto& warning : report.at("warnings"))
    put("warning: {} ({})\n", warning.at("text").get<std::string>(), warning.at("where").get<std::string>());
  put("{}", core::gates_table(report));
  for (const auto& file : report.at("exports")) {
    const auto& work = file.at("float");
    put("{}  {} bytes, {} operators ({})\n", (result.out / file.at("file").get<std::string>()).string(),
        file.at("bytes").get<uint64_t>(),
        work.is_null() ? file.at("nodes").get<uint64_t>() : work.at("total").get<uint64_t>(),
        file.at("backend").get<std::string>());
    const auto saturated = file.at("saturated_biases").get<uint64_t>();
    if (saturated != 0) put("  {} bias codes were saturated\n", saturated);
    print_float_work(work);
    const auto& profile = file.at("profile");
    if (!profile.is_null())
      put("  fits profile {}, {} warnings\n", profile.at("profile").get<std::string>(),
          profile.at("warnings").get<uint64_t>());
  }
  const auto& memory = report.at("memory");
  uint64_t taken = 0;
  for (const auto& [phase, bytes] : memory.at("anonymous_bytes").items())
    taken = std::max(taken, bytes.get<uint64_t>());
  put("{}  {:.2f} s, {} MiB of memory (planned: {}), {} MiB with mapped files\n",
      (result.out / "report.json").string(), report.at("seconds").at("total").get<double>(), taken >> 20,
      memory.at("predicted_bytes").get<uint64_t>() >> 20, memory.at("peak_bytes").get<uint64_t>() >> 20);
}

}  // namespace

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
  options->add_progress_to(*command)->excludes(
      command->add_flag("--quiet", *quiet, "the same as --progress none"));
  command->callback([options, save_outputs, quiet] {
    core::SessionOptions session = options->session();
    session.save_outputs = *save_outputs;
    session.device = core::default_device();
    ProgressView progress(*quiet ? ProgressForm::kNone : options->progress_form());
    session.control = &controlled_by_signals(progress);
    const core::RunResult result = core::run(session);
    if (options->json) {
      put("{}\n", core::json_text(*result.report, 2));
    } else {
      print_summary(result);
    }
  });
}

}  // namespace vernier::app
