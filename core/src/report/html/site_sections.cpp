// What of report.html is about single sites.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html/chart.h"
#include "report/html/sections.h"
#include "report/html/sites.h"
#include "report/html/table.h"
#include "report/html/text.h"

namespace vernier::core::html {

namespace {

using Json = nlohmann::json;

constexpr size_t kWorst = 20;
constexpr size_t kDistributions =
    60;  // more make the page heavy and tell nothing new: the worst ones are there

// {"measure", "rows"}, the costliest first; of a report that has none, none.
Json costs_of(const Json& report) {
  const Json statistics = report.value("statistics", Json::object());
  return statistics.value("costs", Json{{"measure", ""}, {"rows", Json::array()}});
}

// All sites that have values, in the order of what their rows cost.
std::vector<const Json*> by_cost(const Json& report) {
  const auto known = statistics_by_site(report);
  std::vector<const Json*> sites;
  const Json costs = costs_of(report);
  for (const Json& row : costs.at("rows")) {
    for (const Json& site : row.at("sites")) {
      const auto found = known.find(site.get<std::string>());
      if (found != known.end() && found->second->at("count") != 0) sites.push_back(found->second);
    }
  }
  return sites;
}

std::string anchor(const std::string& site) {
  std::string text = "d-";
  for (char c : site)
    text += std::isalnum(static_cast<unsigned char>(c)) != 0
                ? std::string(1, c)
                : fmt::format("_{:02x}", static_cast<unsigned char>(c));
  return text;
}

double share_clipped(const Json& site) {
  return site.at("count") == 0 ? 0 : site.at("clipped").get<double>() / site.at("count").get<double>();
}

const char* note_of(const std::string& measure) {
  if (measure == "one-quantized")
    return "Cost: the float run's outputs against those of a run in which this alone is quantized, on all "
           "evaluation samples; the lowest costs most.";
  if (measure == "estimate")
    return "Cost: the float run's outputs against those of a run in which this alone is quantized, estimated "
           "on "
           "one sample; the lowest costs most. `vernier run --sensitivity` measures it.";
  return "Cost: an estimate, the float run's values against the same on the grid of this site alone; what "
         "becomes of the error on its way to the outputs is not in it. `vernier run --sensitivity` measures "
         "that.";
}

std::string twins(const Json& row) {
  const Json& sites = row.at("sites");
  if (sites.size() == 1) return {};
  std::string text = fmt::format("<details><summary>and {} with the same grid</summary>", sites.size() - 1);
  for (size_t i = 1; i < sites.size(); ++i)
    text += fmt::format("{}{}", i == 1 ? "" : "<br>", breakable(sites[i].get<std::string>()));
  return text + "</details>";
}

}  // namespace

std::string worst_sites(const Json& report) {
  const Json costs = costs_of(report);
  const auto known = statistics_by_site(report);
  Table table({{"site"},
               {"role"},
               {"cost", true},
               {"of its own grid", true},
               {"SQNR here", true},
               {"values", true},
               {"clipped", true}});
  for (const Json& row : costs.at("rows")) {
    const std::string name = row.at("sites").at(0);
    const auto found = known.find(name);
    if (!row.at("sqnr_db").is_number() || found == known.end() || found->second->at("count") == 0) continue;
    const Json& site = *found->second;
    table.row({fmt::format("<a href=\"#{}\">{}</a>{}", anchor(name), breakable(name), twins(row)),
               escape(row.at("role").get<std::string>()), decibel(row.at("sqnr_db")),
               decibel(site.at("own_sqnr_db")),
               site.at("role") == "weight" ? std::string() : decibel(site.at("sqnr_db")),
               fmt::format("{} … {}", number(site.at("min")), number(site.at("max"))),
               fmt::format("{:.3g} %", 100 * share_clipped(site))});
    if (table.rows() == kWorst) break;
  }
  if (table.rows() == 0) return {};
  return table.html() + fmt::format(
                            "<p class=\"dim\">{} Of its own grid: the float run's values, put on the grid of "
                            "this site alone. "
                            "SQNR here: the float run against the quantized run at that place, with all that "
                            "gathered before "
                            "it.</p>\n",
                            note_of(costs.at("measure").get<std::string>()));
}

std::string distributions(const Json& report) {
  const auto sites = by_cost(report);
  if (sites.empty()) return {};
  std::string text =
      "<p class=\"dim\">Counts are logarithmic. Dashed lines: where the codes end.</p><div class=\"grid\">\n";
  for (size_t i = 0; i < std::min(kDistributions, sites.size()); ++i) {
    const std::string name = sites[i]->at("site");
    text += fmt::format("<div id=\"{}\"><h3>{}</h3>{}</div>\n", anchor(name), breakable(name),
                        histogram(*sites[i]));
  }
  text += "</div>\n";
  if (sites.size() > kDistributions)
    text += fmt::format("<p class=\"dim\">{} of {} sites, those that cost most; report.json has all.</p>\n",
                        kDistributions, sites.size());
  return text;
}

}  // namespace vernier::core::html
