#include "report/html/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html/table.h"
#include "report/html/text.h"

namespace vernier::core::html {

namespace {

using nlohmann::json;

struct GateRow {
  std::string file;
  std::string unit;
  json gate;
};

// Those that are not met come first.
std::vector<GateRow> gate_rows(const json& report) {
  std::vector<GateRow> rows;
  for (const json& gate : report.at("gates")) rows.push_back({"", unit_of(gate), gate});
  for (const json& file : report.value("verify", json::array())) {
    for (const json& gate : file.at("gates"))
      rows.push_back({file.at("file").get<std::string>(), unit_of(file), gate});
  }
  const json program = report.value("program", json());
  const json executed = program.is_null() ? json() : program.value("executed", json());
  if (!executed.is_null()) {
    for (const json& gate : executed.at("gates")) rows.push_back({"the program's files", "", gate});
  }
  std::stable_partition(rows.begin(), rows.end(),
                        [](const GateRow& row) { return !row.gate.at("met").get<bool>(); });
  return rows;
}

std::string compared(const GateRow& row) {
  const std::string pair =
      row.gate.value("pair", row.file.empty() ? "float_to_quantized" : "quantized_to_file");
  return pair == "float_to_quantized" ? "float, fake-quant run"
         : pair == "float_to_file"    ? "float, file"
                                      : "fake-quant run, file";
}

}  // namespace

std::string unit_of(const json& row) {
  const json unit = row.value("unit", json());
  return unit.is_null() ? std::string() : unit.get<std::string>() + ": ";
}

bool is_refused(const json& report) { return report.at("verdict").at("result") == "FAIL"; }

bool is_undrawn(const json& report) {
  return is_refused(report) && report.at("exports").empty() && report.value("graph", json()).is_null();
}

std::string verdict(const json& report) {
  const json& verdict = report.at("verdict");
  const std::string result = verdict.at("result");
  const bool is_fail = result == "FAIL";
  std::string text = fmt::format("<p class=\"verdict {}\">{} {}: {}</p>\n",
                                 is_fail            ? "bad"
                                 : result == "WARN" ? "warn"
                                                    : "good",
                                 is_fail            ? "✕"
                                 : result == "WARN" ? "⚠"
                                                    : "✓",
                                 result, escape(verdict.at("headline").get<std::string>()));
  if (is_fail) {
    for (const json& reason : verdict.at("reasons")) {
      if (reason != verdict.at("headline"))  // said already
        text += fmt::format("<p class=\"bad\">not met: {}</p>\n", escape(reason.get<std::string>()));
    }
    text += "<p>No model file was written.</p>\n";
    return text;
  }
  // Warnings have a section.
  const json warnings = report.value("warnings", json::array());
  for (const json& reason : verdict.at("reasons")) {
    const bool is_warning =
        std::ranges::any_of(warnings, [&](const json& row) { return row.at("text") == reason; });
    if (!is_warning) text += fmt::format("<p class=\"warn\">{}</p>\n", escape(reason.get<std::string>()));
  }
  return text;
}

std::string next_steps(const json& report) {
  std::string text;
  for (const json& step : report.at("verdict").at("next"))
    text += fmt::format("<li>{}</li>\n", escape(step.get<std::string>()));
  return text.empty() ? text : "<ul>\n" + text + "</ul>\n";
}

std::string gates(const json& report) {
  const std::vector<GateRow> rows = gate_rows(report);
  if (rows.empty()) return {};
  Table table({{"metric"}, {"compares"}, {"value", true}, {"limit"}, {"met"}});
  for (const GateRow& row : rows) {
    const bool met = row.gate.at("met").get<bool>();
    table.row({escape(row.unit + row.gate.at("metric").get<std::string>()),
               fmt::format("{} <code>{}</code>", compared(row), escape(row.file)),
               number(row.gate.at("value"), 6), escape(row.gate.at("limit").get<std::string>()),
               Cell(met ? "✓ yes" : "✕ no", met ? "good" : "bad")});
  }
  return table.html();
}

}  // namespace vernier::core::html
