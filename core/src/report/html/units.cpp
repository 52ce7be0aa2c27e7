#include "report/html/units.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/html/graph_drawing.h"
#include "report/html/text.h"

namespace vernier::core::html {

using nlohmann::json;

std::string units(const json& report) {
  const json rows = report.value("units", json::array());
  if (rows.size() < 2) return {};
  std::string text =
      "<div class=\"scroll\"><table><thead><tr><th>unit</th><th>module</th><th>entry</th><th "
      "class=\"n\">samples</th><th class=\"n\">SQNR, dB</th><th class=\"n\">peak error / interval, %</th><th "
      "class=\"n\">cosine</th><th class=\"n\">greatest |difference|</th></tr></thead><tbody>\n";
  for (const json& row : rows) {
    const json& m = row.at("metrics");
    const std::string module = row.at("module");
    text += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"n\">{} / {}</td><td class=\"n\">{}</td><td "
        "class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
        escape(row.at("name").get<std::string>()), module.empty() ? "the root" : escape(module),
        escape(row.at("entry").get<std::string>()), row.at("samples").at("calibration").get<int64_t>(),
        row.at("samples").at("evaluation").get<int64_t>(),
        m.at("sqnr_db").is_null() ? "∞" : fmt::format("{:.2f}", m.at("sqnr_db").get<double>()),
        m.at("peir").is_null() ? "–" : fmt::format("{:.4g}", 100 * m.at("peir").get<double>()),
        number(m.at("cosine"), 5), number(m.at("max_abs_diff")));
  }
  return text + "</tbody></table></div>\n<p class=\"dim\">Samples: calibration / evaluation.</p>\n";
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
