#include "report/html/sections.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html/chart.h"
#include "report/html/table.h"
#include "report/html/text.h"
#include "report/html/verdict.h"

namespace vernier::core::html {

namespace {

using nlohmann::json;

std::string tile(const std::string& figure, const std::string& name) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escape(figure), escape(name));
}

const json& statistics_of(const json& report) {
  static const json none = json::array();
  return report.contains("statistics") ? report.at("statistics").at("sites") : none;
}

std::string module_of_parameter(const std::string& parameter) {
  const size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? std::string() : parameter.substr(0, dot);
}

std::string shown(const std::string& module) { return module.empty() ? "the root module" : module; }

}  // namespace

std::string metrics(const json& report) {
  const json& m = report.at("metrics");
  std::string text = "<div class=\"tiles\">";
  text += tile(decibel(m.at("sqnr_db")), "SQNR");
  text += tile(m.at("peir").is_number() ? fmt::format("{:.4g} %", 100 * m.at("peir").get<double>()) : "–",
               "peak error / interval");
  text += tile(number(m.at("cosine"), 5), "cosine");
  text += tile(number(m.at("mean_abs_diff")), "mean |difference|");
  text += tile(number(m.at("max_abs_diff")), "greatest |difference|");
  text += tile(fmt::format("{} / {}", report.at("samples").at("calibration").get<int64_t>(),
                           report.at("samples").at("evaluation").get<int64_t>()),
               "samples: calibration / evaluation");
  text += "</div>\n";
  const json given = report.value("qparams_from", json());
  if (!given.is_null())
    text += fmt::format("<p>qparams come from {}: nothing was calibrated</p>\n",
                        escape(given.at("file").get<std::string>()));
  return text;
}

std::string warnings(const json& report) {
  std::string text;
  for (const json& row : report.value("warnings", json::array()))
    text +=
        fmt::format("<p>{} <span class=\"dim\">{}</span></p>\n", escape(row.at("text").get<std::string>()),
                    escape(row.at("where").get<std::string>()));
  return text;
}

// The file's own count where it can be read.
int64_t operators(const json& row) {
  return row.at("float").is_null() ? row.at("nodes").get<int64_t>()
                                   : row.at("float").at("total").get<int64_t>();
}

std::string in_float(const json& work) {
  if (work.is_null()) return "unknown";
  std::string text = fmt::format("{} operators", work.at("count").get<uint64_t>());
  for (const auto& [name, count] : work.at("operators").items())
    text += fmt::format("<br>{} {}", count.get<uint64_t>(), escape(name));
  if (!work.at("met").get<bool>())
    text += fmt::format("<br><b>{}</b>", escape(work.at("limit").get<std::string>()));
  return text;
}

std::string consumer(const json& verdict) {
  if (verdict.is_null()) return "none";
  const auto errors = verdict.at("errors").get<uint64_t>();
  std::string text = fmt::format("{}: {}", escape(verdict.at("profile").get<std::string>()),
                                 errors == 0 ? "fits" : fmt::format("<b>{} errors</b>", errors));
  for (const json& one : verdict.at("findings")) {
    if (one.at("severity") != "error") continue;
    text += fmt::format("<br>{}: {} ({} times)", escape(one.at("where").get<std::string>()),
                        escape(one.at("what").get<std::string>()), one.at("count").get<uint64_t>());
  }
  return text;
}

std::string exports(const json& report) {
  Table table({{"file"},
               {"backend"},
               {"bytes", true},
               {"operators", true},
               {"saturated biases", true},
               {"in float"},
               {"consumer profile"}});
  for (const json& row : report.at("exports"))
    table.row({breakable(row.at("file").get<std::string>()), escape(row.at("backend").get<std::string>()),
               bytes(row.at("bytes").get<double>()), std::to_string(operators(row)),
               std::to_string(row.at("saturated_biases").get<int64_t>()), in_float(row.at("float")),
               consumer(row.at("profile"))});
  return table.html();
}

std::string executed(const json& report) {
  Table table({{"file"},
               {"executor"},
               {"output"},
               {"codes that differ", true},
               {"greatest step", true},
               {"fake-quant to file", true},
               {"float to file", true},
               {"first node that diverges"}});
  for (const json& row : report.value("verify", json::array())) {
    const json& first = row.at("first_divergence");
    for (const json& output : row.at("outputs")) {
      const json& file = output.at("quantized_to_file");
      const std::string codes = file.at("codes_differ").is_null()
                                    ? "float"
                                    : fmt::format("{} of {}", file.at("codes_differ").get<int64_t>(),
                                                  file.at("elements").get<int64_t>());
      table.row({breakable(row.at("file").get<std::string>()), escape(row.at("executor").get<std::string>()),
                 breakable(unit_of(row) + output.at("name").get<std::string>()), codes,
                 number(file.at("max_step")), decibel(file.at("sqnr_db")),
                 decibel(output.at("float_to_file").at("sqnr_db")),
                 first.is_null() ? "none" : breakable(first.at("name").get<std::string>())});
    }
  }
  return table.html();
}

std::string made_errors(const json& report) {
  const json statistics = report.value("statistics", json());
  Table table(
      {{"module"}, {"SQNR of what it takes", true}, {"of what it gives", true}, {"error made here", true}});
  if (statistics.is_object()) {
    for (const json& row : statistics.value("losses", json::array()))
      table.row({breakable(shown(row.at("module").get<std::string>())), decibel(row.at("before_db")),
                 decibel(row.at("after_db")), fmt::format("{:.3g} %", 100 * row.at("made").get<double>())});
  }
  return table.rows() == 0
             ? std::string()
             : table.html() +
                   "<p class=\"dim\">A module that loses much has a weight or an output that its dtype does "
                   "not hold.</p>\n";
}

std::string sqnr_by_module(const json& report) {
  std::vector<std::string> order;
  std::map<std::string, double> least;
  for (const json& site : statistics_of(report)) {
    if (site.at("role") == "weight" || !site.at("sqnr_db").is_number()) continue;
    const std::string module = module_of(site.at("site"));
    const auto [place, is_new] = least.emplace(module, std::numeric_limits<double>::infinity());
    if (is_new) order.push_back(module);
    place->second = std::min(place->second, site.at("sqnr_db").get<double>());
  }
  std::vector<Bar> rows;
  rows.reserve(order.size());
  for (const std::string& module : order)
    rows.push_back({shown(module), least[module], fmt::format("{:.1f} dB", least[module])});
  if (rows.empty()) return {};
  return "<div class=\"tall\">" + bars(rows, "least SQNR of each module's sites") +
         "</div><p class=\"dim\">The least of each module's sites, in the order of the forward.</p>\n";
}

std::string bytes_by_module(const json& report) {
  struct Size {
    double before = 0, after = 0;
    std::string dtypes;
  };
  std::vector<std::string> order;
  std::map<std::string, Size> sizes;
  double before = 0, after = 0;
  for (const json& row : report.at("coverage").at("parameters")) {
    if (!row.contains("bytes_before")) continue;
    const std::string module = module_of_parameter(row.at("parameter"));
    const auto [place, is_new] = sizes.emplace(module, Size{});
    if (is_new) order.push_back(module);
    place->second.before += row.at("bytes_before").get<double>();
    place->second.after += row.at("bytes").get<double>();
    before += row.at("bytes_before").get<double>();
    after += row.at("bytes").get<double>();
    const std::string dtype = row.value("dtype", "float32");
    if (place->second.dtypes.find(dtype) == std::string::npos)
      place->second.dtypes += (place->second.dtypes.empty() ? "" : ", ") + dtype;
  }
  if (order.empty()) return {};
  std::vector<Bar> rows;
  rows.reserve(order.size());
  for (const std::string& module : order) {
    const Size& size = sizes[module];
    rows.push_back({shown(module) + " (" + size.dtypes + ")", size.after,
                    fmt::format("{} → {}", bytes(size.before), bytes(size.after))});
  }
  return fmt::format(
      "<p>{} before, {} after: {:.1f} % of the checkpoint's bytes.</p><div class=\"tall\">{}</div>\n",
      bytes(before), bytes(after), before > 0 ? 100 * after / before : 0.0,
      bars(rows, "bytes of each module's parameters"));
}

std::string output_scatter(const json& report) {
  if (!report.contains("statistics")) return {};
  return scatter(report.at("statistics").at("scatter"), "quantized output against float output, sample 0") +
         "<p class=\"dim\">Across: the float run's output of evaluation sample 0; up: the quantized "
         "run's.</p>\n";
}

}  // namespace vernier::core::html
