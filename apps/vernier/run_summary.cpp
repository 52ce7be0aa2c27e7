#include "run_summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "colour.h"
#include "output.h"
#include "vernier/core/shown_text.h"
#include "vernier/core/verdict.h"
#include "vernier/core/verify.h"

namespace vernier::app {

namespace {

namespace fs = std::filesystem;

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

// The last line of a run, and before it why it is no PASS and what to try.
void print_verdict(const nlohmann::json& report, const fs::path& page) {
  const nlohmann::json& verdict = report.at("verdict");
  const std::string result = verdict.at("result");
  const Colour colour = result == "PASS" ? Colour::kGreen : result == "WARN" ? Colour::kYellow : Colour::kRed;
  // Warnings and gates stand above already.
  for (const auto& reason : verdict.at("reasons")) {
    const bool is_told = result == "FAIL" || std::ranges::any_of(report.at("warnings"), [&](const auto& row) {
                           return row.at("text") == reason;
                         });
    if (!is_told) put("{}\n", reason.get<std::string>());
  }
  for (const auto& step : verdict.at("next")) put("try  {}\n", step.get<std::string>());
  put("{}\n", in_colour(core::verdict_line(report, page), colour, stdout));
}

void print_summary(const core::RunResult& result, const fs::path& data, const fs::path& page) {
  const nlohmann::json& report = result.report;
  const auto& units = report.at("units");
  for (const auto& unit : units)
    print_metrics(units.size() == 1 ? "" : fmt::format("{:<12} ", unit.at("name").get<std::string>()),
                  unit.at("metrics"));
  print_program(report);
  for (const auto& warning : report.at("warnings"))
    put("warning: {} ({})\n", warning.at("text").get<std::string>(), warning.at("where").get<std::string>());
  put("{}", core::gates_table(report));
  for (const auto& file : result.not_met ? nlohmann::json::array() : report.at("exports")) {
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
  put("{}  {:.2f} s, {} MiB of memory (planned: {}), {} MiB with mapped files\n", data.string(),
      report.at("seconds").at("total").get<double>(), taken >> 20,
      memory.at("predicted_bytes").get<uint64_t>() >> 20, memory.at("peak_bytes").get<uint64_t>() >> 20);
  print_verdict(report, page);
}

}  // namespace

int show_run(const core::RunResult& result, const fs::path& data, const fs::path& page, bool is_json) {
  if (is_json) put("{}\n", core::json_text(*result.report, 2));
  if (result.not_met) std::fputs(result.not_met->format().c_str(), stderr);
  if (!is_json) print_summary(result, data, page);
  return result.not_met ? result.not_met->exit_code() : 0;
}

}  // namespace vernier::app
