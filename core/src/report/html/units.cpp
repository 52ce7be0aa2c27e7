#include "report/html/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html/graph_drawing.h"
#include "report/html/table.h"
#include "report/html/text.h"

namespace vernier::core::html {

using nlohmann::json;

namespace {

constexpr size_t kWorstSamples = 10;

}  // namespace

std::string units(const json& report) {
  const json rows = report.value("units", json::array());
  if (rows.size() < 2) return {};
  Table table({{"unit"},
               {"module"},
               {"entry"},
               {"samples", true},
               {"SQNR, dB", true},
               {"peak error / interval, %", true},
               {"cosine", true},
               {"greatest |difference|", true}});
  for (const json& row : rows) {
    const json& m = row.at("metrics");
    const std::string module = row.at("module");
    const json& samples = row.at("samples");
    table.row({breakable(row.at("name").get<std::string>()), module.empty() ? "the root" : breakable(module),
               escape(row.at("entry").get<std::string>()),
               fmt::format("{} / {}", samples.at("calibration").get<int64_t>(),
                           samples.at("evaluation").get<int64_t>()),
               m.at("sqnr_db").is_null() ? "exact" : fmt::format("{:.2f}", m.at("sqnr_db").get<double>()),
               m.at("peir").is_null() ? "–" : fmt::format("{:.4g}", 100 * m.at("peir").get<double>()),
               number(m.at("cosine"), 5), number(m.at("max_abs_diff"))});
  }
  return table.html() + "<p class=\"dim\">Samples: calibration / evaluation.</p>\n";
}

std::string worst_samples(const json& report) {
  struct Row {
    std::string unit;
    size_t sample;
    const json* metrics;
    double sqnr;
  };
  std::vector<Row> rows;
  const json units = report.value("units", json::array());
  for (const json& unit : units) {
    const auto per_sample = unit.find("per_sample");
    if (per_sample == unit.end()) continue;
    for (size_t i = 0; i < per_sample->size(); ++i) {
      const json& one = (*per_sample)[i];
      const json& sqnr = one.at("sqnr_db");
      rows.push_back({unit.at("name"), i, &one,
                      sqnr.is_number() ? sqnr.get<double>() : std::numeric_limits<double>::infinity()});
    }
  }
  if (rows.size() < 2) return {};
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.sqnr < b.sqnr; });
  const double middle = rows[rows.size() / 2].sqnr;
  std::vector<Column> columns = {
      {"sample", true}, {"SQNR, dB", true}, {"cosine", true}, {"greatest |difference|", true}};
  if (units.size() > 1) columns.insert(columns.begin(), {"unit"});
  Table table(columns);
  for (size_t i = 0; i < std::min(kWorstSamples, rows.size()); ++i) {
    const Row& row = rows[i];
    std::vector<Cell> cells = {std::to_string(row.sample),
                               std::isfinite(row.sqnr) ? fmt::format("{:.2f}", row.sqnr) : "exact",
                               number(row.metrics->at("cosine"), 5), number(row.metrics->at("max_abs_diff"))};
    if (units.size() > 1) cells.insert(cells.begin(), breakable(row.unit));
    table.row(cells);
  }
  return table.html() +
         fmt::format("<p class=\"dim\">The worst of {} samples; the one in the middle has {}.</p>\n",
                     rows.size(), std::isfinite(middle) ? fmt::format("{:.2f} dB", middle) : "no difference");
}

std::string graphs(const json& report) {
  const json rows = report.value("units", json::array());
  if (rows.size() < 2) return drawing(report.value("graph", json()));
  std::string text;
  for (const json& row : rows) {
    const std::string one = drawing(row.value("graph", json()));
    if (!one.empty()) text += fmt::format("<h3>{}</h3>\n{}", escape(row.at("name").get<std::string>()), one);
  }
  return text;
}

}  // namespace vernier::core::html
