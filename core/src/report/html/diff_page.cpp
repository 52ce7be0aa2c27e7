#include "report/html/diff_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html/frame.h"
#include "report/html/text.h"

namespace vernier::core::html {

namespace {

using nlohmann::json;

constexpr size_t kMostRows = 200;

std::string table(const std::string& head, const std::vector<std::string>& rows) {
  if (rows.empty()) return {};
  std::string text = "<div class=\"scroll\"><table><thead><tr>" + head + "</tr></thead><tbody>\n";
  for (size_t i = 0; i < std::min(kMostRows, rows.size()); ++i) text += "<tr>" + rows[i] + "</tr>\n";
  text += "</tbody></table></div>\n";
  if (rows.size() > kMostRows)
    text += fmt::format("<p class=\"dim\">The first {} of {}; --json has all.</p>\n", kMostRows, rows.size());
  return text;
}

std::string heads(const std::vector<const char*>& names, size_t first_number) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += fmt::format("<th scope=\"col\"{}>{}</th>", i < first_number ? "" : " class=\"n\"", names[i]);
  return text;
}

std::string number_cell(const std::string& text, const char* look = "") {
  return fmt::format("<td class=\"n{}\">{}</td>", look, text);
}

std::string metric_changes(const json& d) {
  std::vector<std::string> rows;
  for (const auto& [name, pair] : d.at("metrics").items())
    rows.push_back(fmt::format("<td>{}</td>{}{}", escape(name), number_cell(number(pair[0], 6)),
                               number_cell(number(pair[1], 6))));
  return table(heads({"metric", "A", "B"}, 1), rows);
}

std::string recipe_changes(const json& d) {
  std::vector<std::string> rows;
  const auto shown = [](const json& value) {
    return value.is_null() ? std::string("–") : fmt::format("<code>{}</code>", escape(value.dump()));
  };
  for (const json& row : d.at("recipe"))
    rows.push_back(fmt::format("<td>{}</td><td>{}</td><td>{}</td>",
                               breakable(row.at("path").get<std::string>()), shown(row.at("a")),
                               shown(row.at("b"))));
  return rows.empty() ? "<p>The same.</p>\n" : table(heads({"key", "A", "B"}, 3), rows);
}

std::string size_changes(const json& d) {
  std::vector<std::string> rows;
  for (const json& row : d.at("sizes")) {
    const double a = row.at("a"), b = row.at("b");
    rows.push_back(fmt::format("<td>{}</td>{}{}{}", breakable(row.at("file").get<std::string>()),
                               number_cell(bytes(a)), number_cell(bytes(b)),
                               number_cell(a > 0 ? fmt::format("{:+.1f} %", 100 * (b - a) / a) : "–")));
  }
  return table(heads({"file", "A", "B", "change"}, 1), rows);
}

// What got worse, then what got better, each with the largest change first.
std::string site_changes(const json& d, bool is_worse) {
  std::vector<std::string> rows;
  for (const json& row : d.at("sites")) {
    const double change = row.at("change_db");
    if ((change < 0) != is_worse) continue;
    rows.push_back(fmt::format("<td>{}</td>{}{}{}", breakable(row.at("site").get<std::string>()),
                               number_cell(fmt::format("{:.2f}", row.at("a").get<double>())),
                               number_cell(fmt::format("{:.2f}", row.at("b").get<double>())),
                               number_cell(fmt::format("{:+.2f}", change), is_worse ? " bad" : " good")));
  }
  if (!is_worse) std::reverse(rows.begin(), rows.end());
  return table(heads({"site", "A, dB", "B, dB", "change"}, 1), rows);
}

std::string qparams_changes(const json& d) {
  std::vector<std::string> rows;
  for (const json& row : d.at("qparams")) {
    const auto before = row.at("dtype")[0].get<std::string>(), after = row.at("dtype")[1].get<std::string>();
    rows.push_back(fmt::format("<td>{}</td><td>{}</td>{}{}", breakable(row.at("site").get<std::string>()),
                               escape(before == after ? before : before + " → " + after),
                               number_cell(number(row.at("scale_ratio"))),
                               number_cell(number(row.at("zero_point_shift")))));
  }
  return table(heads({"site", "dtype", "scale of B / A", "zero point shift"}, 2), rows);
}

std::string only_in(const json& d) {
  std::vector<std::string> rows;
  for (const auto& [side, name] : {std::pair("a", "A"), std::pair("b", "B")}) {
    for (const json& site : d.at("only_in").at(side))
      rows.push_back(fmt::format("<td>{}</td><td>{}</td>", breakable(site.get<std::string>()), name));
  }
  return table(heads({"site", "quantized only in"}, 2), rows);
}

}  // namespace

std::string diff_page(const json& d) {
  std::string text =
      fmt::format("<header><h1>Two runs</h1>\n<p>A: <code>{}</code><br>B: <code>{}</code></p></header>\n",
                  escape(d.at("a").get<std::string>()), escape(d.at("b").get<std::string>()));
  text += section("Float against quantized", metric_changes(d));
  text += section("Files", size_changes(d));
  text += section("Recipe", recipe_changes(d));
  text += section("SQNR by site: what got worse", site_changes(d, true));
  text += section("SQNR by site: what got better", site_changes(d, false));
  text += section("Scales and zero points that differ", qparams_changes(d));
  text += section("Sites that one of them leaves in float", only_in(d));
  return document("two runs", text);
}

}  // namespace vernier::core::html
