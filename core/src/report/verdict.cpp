#include "report/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "report/html/text.h"
#include "report/made_of.h"
#include "vernier/core/recipe.h"
#include "vernier/core/verdict.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr size_t kGatesInHeadline = 2;

Gate gate_of(const std::string& limit) {
  const size_t space = limit.find(' ');
  return {limit.substr(0, space),
          space == std::string::npos ? 0 : std::strtod(limit.c_str() + space, nullptr)};
}

std::string shown_limit(const Gate& gate) {
  const std::string sign = gate.op == ">=" ? "≥" : gate.op == "<=" ? "≤" : gate.op == "==" ? "=" : gate.op;
  return fmt::format("{} {}", sign, gate.limit);
}

// As few digits as tell on which side of the limit the value is: 0.98996 is not 0.9900.
std::string shown_value(const std::string& metric, double value, const Gate& gate, bool met) {
  for (int digits = 4; digits < 17; ++digits) {
    std::string text =
        metric == "cosine" ? fmt::format("{:.{}f}", value, digits) : fmt::format("{:.{}g}", value, digits);
    if (gate.holds(std::strtod(text.c_str(), nullptr)) == met) return text;
  }
  return fmt::format("{}", value);
}

JudgedGate judged(const json& row, const std::string& whose) {
  const Gate gate = gate_of(row.at("limit"));
  const bool met = row.at("met");
  const std::string metric = row.at("metric"), pair = row.value("pair", "float_to_quantized");
  const std::string unit = row.contains("unit") && row.at("unit").is_string()
                               ? row.at("unit").get<std::string>() + ": "
                               : std::string();
  // An infinite SQNR is null in a report.
  const std::string value = row.at("value").is_number()
                                ? shown_value(metric, row.at("value").get<double>(), gate, met)
                                : std::string(met ? "∞" : "no number");
  std::string text =
      fmt::format("{}{}{} {}{} {}", whose, unit, metric, value, met ? "" : " is not", shown_limit(gate));
  if (pair == "quantized_to_file") text += " (the file against fake quantization)";
  return {std::move(text), met, pair != "quantized_to_file"};
}

struct Numbers {
  double sqnr_db, cosine;
  std::string whose;
  [[nodiscard]] bool are_bad() const { return !(sqnr_db >= kExpectedSqnr) || !(cosine >= kExpectedCosine); }
  [[nodiscard]] std::string text() const {
    return fmt::format("{}cosine {}, SQNR {}", whose,
                       shown_value("cosine", cosine, {">=", kExpectedCosine}, cosine >= kExpectedCosine),
                       std::isinf(sqnr_db) ? "∞" : fmt::format("{:.2f} dB", sqnr_db));
  }
};

Numbers numbers_of(const json& metrics, std::string whose) {
  const json &sqnr = metrics.at("sqnr_db"), &cosine = metrics.at("cosine");
  return {sqnr.is_number() ? sqnr.get<double>() : HUGE_VAL, cosine.is_number() ? cosine.get<double>() : 0.0,
          std::move(whose)};
}

// The worst of the fake-quant run and of what was executed, against float.
Numbers worst_numbers(const json& report) {
  Numbers worst = numbers_of(report.at("metrics"), "");
  const auto look = [&](const json& metrics, const std::string& whose) {
    Numbers one = numbers_of(metrics, whose);
    if (one.sqnr_db < worst.sqnr_db - 1) worst = std::move(one);  // less than that is no other result
  };
  for (const json& file : report.value("verify", json::array())) {
    for (const json& output : file.at("outputs")) {
      const json& metrics = output.at("float_to_file");
      if (metrics.is_object() && metrics.contains("sqnr_db") && metrics.contains("cosine"))
        look(metrics, file.at("file").get<std::string>() + ": ");
    }
  }
  return worst;
}

std::string headline_of(const std::vector<std::string>& texts) {
  std::string text = fmt::format(
      "{}",
      fmt::join(texts.begin(),
                texts.begin() + static_cast<std::ptrdiff_t>(std::min(texts.size(), kGatesInHeadline)), ", "));
  if (texts.size() > kGatesInHeadline) text += fmt::format(" and {} more", texts.size() - kGatesInHeadline);
  return text;
}

json fail(const json& report, const std::vector<std::string>& reasons, bool is_far) {
  std::vector<std::string> next = is_far ? advice_on_numbers(report) : std::vector<std::string>();
  for (const json& row : report.at("exports")) {
    if (!row.at("profile").is_null() && row.at("profile").at("errors") != 0) {
      next.push_back(
          fmt::format("a preset whose files fit the consumer {} (`vernier presets`), or the changes that the "
                      "findings under \"consumer profile\" name",
                      row.at("profile").at("profile").get<std::string>()));
      break;
    }
  }
  for (const json& row : report.value("verify", json::array())) {
    if (!row.at("first_divergence").is_null() && !is_far)
      next.push_back(fmt::format("{}: the first node that diverges is {}", row.at("file").get<std::string>(),
                                 row.at("first_divergence").at("name").get<std::string>()));
  }
  return {{"result", "FAIL"}, {"headline", headline_of(reasons)}, {"reasons", reasons}, {"next", next}};
}

json pass_or_warn(const json& report, const std::vector<JudgedGate>& gates, bool is_measured) {
  const Numbers numbers = worst_numbers(report);
  std::vector<std::string> met, reasons;
  for (const JudgedGate& gate : gates) met.push_back(gate.text);
  const bool is_held =
      std::any_of(gates.begin(), gates.end(), [](const auto& one) { return one.is_on_float; });
  const bool is_bad = is_measured && !is_held && numbers.are_bad();
  std::string headline = is_held || !is_measured ? headline_of(met) : numbers.text();
  if (is_bad)
    reasons.push_back(fmt::format(
        "no gate is set, and the result is far from float: {} (expected: cosine ≥ {}, SQNR ≥ {} dB)",
        numbers.text(), kExpectedCosine, kExpectedSqnr));
  if (!is_measured && gates.empty()) {
    headline = "nothing was measured";
    reasons.emplace_back("no float output was compared with the float run, and no gate is set");
  } else if (!is_held && !is_bad) {
    headline += ", no gate is set";
  }
  const size_t warnings = report.value("warnings", json::array()).size();
  if (warnings != 0) headline += fmt::format(", {} warning{}", warnings, warnings == 1 ? "" : "s");
  for (const json& row : report.value("warnings", json::array())) reasons.push_back(row.at("text"));
  return {{"result", reasons.empty() ? "PASS" : "WARN"},
          {"headline", headline},
          {"reasons", reasons},
          {"next", is_bad ? advice_on_numbers(report) : std::vector<std::string>()}};
}

}  // namespace

std::vector<JudgedGate> judged_gates(const json& report) {
  std::vector<JudgedGate> found;
  for (const json& row : report.at("gates")) found.push_back(judged(row, ""));
  for (const json& file : report.value("verify", json::array())) {
    const std::string unit = file.at("unit").is_string() ? ", " + file.at("unit").get<std::string>() : "";
    for (const json& row : file.at("gates"))
      found.push_back(judged(row, file.at("file").get<std::string>() + unit + ": "));
  }
  const json program = report.value("program", json());
  const json executed = program.is_null() ? json() : program.at("executed");
  if (executed.is_null()) return found;
  for (const json& row : executed.at("gates")) found.push_back(judged(row, "the files: "));
  if (!executed.at("gates").empty()) return found;
  // Without gates the files have to give the tokens of the fake-quant run.
  const json& pair = executed.at("quantized_to_file");
  found.push_back({fmt::format("the files give {} of {} tokens of the fake-quant run",
                               pair.at("same_tokens").dump(), pair.at("tokens").dump()),
                   pair.at("same_tokens") == pair.at("tokens"), false});
  return found;
}

std::vector<std::string> refused_files(const json& report) {
  std::vector<std::string> found;
  for (const json& row : report.at("exports")) {
    const std::string file = row.at("file");
    if (const json& work = row.at("float"); !work.is_null() && !work.at("met").get<bool>())
      found.push_back(
          fmt::format("{}: {} operators compute in float and {} tensors are float, beyond the "
                      "entry's gate",
                      file, work.at("count").dump(), work.value("tensors", json(0)).dump()));
    if (const json& profile = row.at("profile"); !profile.is_null() && profile.at("errors") != 0)
      found.push_back(fmt::format("{}: {} errors against the consumer profile {}", file,
                                  profile.at("errors").dump(), profile.at("profile").get<std::string>()));
  }
  return found;
}

uint64_t checkpoint_bytes(const ModuleTree& tree) {
  uint64_t sum = 0;
  for (const Parameter& parameter : tree.parameters) {
    if (parameter.is_exported && !parameter.is_filled && part_of(tree, parameter) == nullptr)
      sum += parameter.source.bytes();
  }
  return sum;
}

json verdict_json(const json& report, bool is_measured, uint64_t checkpoint_bytes) {
  const std::vector<JudgedGate> gates = judged_gates(report);
  std::vector<std::string> reasons;
  bool is_far = false;
  for (const JudgedGate& gate : gates) {
    if (gate.met) continue;
    reasons.push_back(gate.text);
    is_far = is_far || gate.is_on_float;
  }
  for (std::string& one : refused_files(report)) reasons.push_back(std::move(one));
  json verdict = reasons.empty() ? pass_or_warn(report, gates, is_measured) : fail(report, reasons, is_far);
  std::map<std::string, uint64_t> formats;  // the same model in each: a device gets one of them
  if (reasons.empty()) {
    for (const json& row : report.at("exports"))
      formats[row.at("backend").get<std::string>()] += row.at("bytes").get<uint64_t>();
  }
  uint64_t bytes = 0;
  for (const auto& [backend, of_all] : formats) bytes = std::max(bytes, of_all);
  verdict["bytes"] = bytes;
  verdict["formats"] = formats.size();
  verdict["checkpoint_bytes"] = checkpoint_bytes;
  return verdict;
}

std::string verdict_line(const json& report, const std::filesystem::path& page) {
  const json& verdict = report.at("verdict");
  const auto bytes = verdict.at("bytes").get<double>(), before = verdict.at("checkpoint_bytes").get<double>();
  std::string text = fmt::format("{} {}", verdict.at("result").get<std::string>(),
                                 verdict.at("headline").get<std::string>());
  if (verdict.at("result") == "FAIL") {
    text += " · no model file was written";
  } else if (bytes == 0) {
    text += " · the recipe exports no file";
  } else {
    text += " · " + html::bytes(bytes);
    if (const auto formats = verdict.at("formats").get<uint64_t>(); formats > 1)
      text += fmt::format(" in the largest of {} formats", formats);
    if (before > 1.05 * bytes) text += fmt::format(" ({:.1f} × smaller)", before / bytes);
    if (before > 0 && bytes > 1.05 * before) text += fmt::format(" ({:.1f} × larger)", bytes / before);
  }
  return text + " · open " + page.string();
}

}  // namespace vernier::core
