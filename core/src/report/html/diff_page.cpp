#include "report/html/diff_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html/frame.h"
#include "report/html/table.h"
#include "report/html/text.h"

namespace vernier::core::html {

namespace {

using nlohmann::json;

constexpr size_t kMostRows = 200;

// The first rows of so many.
std::string first_rows(const Table& table, size_t rows) {
  if (table.rows() == rows) return table.html();
  return table.html() +
         fmt::format("<p class=\"dim\">The first {} of {}; --json has all.</p>\n", table.rows(), rows);
}

std::string metric_changes(const json& d) {
  Table table({{"metric"}, {"A", true}, {"B", true}});
  for (const auto& [name, pair] : d.at("metrics").items())
    table.row({escape(name), number(pair[0], 6), number(pair[1], 6)});
  return table.html();
}

std::string recipe_changes(const json& d) {
  const auto shown = [](const json& value) {
    return Cell(value.is_null() ? std::string("–") : fmt::format("<code>{}</code>", escape(value.dump())),
                "wrap");
  };
  Table table({{"key"}, {"A"}, {"B"}});
  for (const json& row : d.at("recipe"))
    table.row(
        {{breakable(row.at("path").get<std::string>()), "wrap"}, shown(row.at("a")), shown(row.at("b"))});
  return table.rows() == 0 ? "<p>The same.</p>\n" : table.html();
}

std::string size_changes(const json& d) {
  Table table({{"file"}, {"A", true}, {"B", true}, {"change", true}});
  for (const json& row : d.at("sizes")) {
    const double a = row.at("a"), b = row.at("b");
    table.row({breakable(row.at("file").get<std::string>()), bytes(a), bytes(b),
               a > 0 ? fmt::format("{:+.1f} %", 100 * (b - a) / a) : "–"});
  }
  return table.html();
}

// What got worse or better, each with the largest change first.
std::string site_changes(const json& d, bool is_worse) {
  std::vector<const json*> rows;
  for (const json& row : d.at("sites")) {
    if ((row.at("change_db") < 0) == is_worse) rows.push_back(&row);
  }
  if (!is_worse) std::reverse(rows.begin(), rows.end());
  Table table({{"site"}, {"A, dB", true}, {"B, dB", true}, {"change", true}});
  const auto decibels = [](const json& value) { return fmt::format("{:.2f}", value.get<double>()); };
  for (size_t i = 0; i < std::min(kMostRows, rows.size()); ++i) {
    const json& row = *rows[i];
    table.row({breakable(row.at("site").get<std::string>()),
               decibels(row.at("a")),
               decibels(row.at("b")),
               {fmt::format("{:+.2f}", row.at("change_db").get<double>()), is_worse ? "bad" : "good"}});
  }
  return first_rows(table, rows.size());
}

std::string qparams_changes(const json& d) {
  const json& rows = d.at("qparams");
  Table table({{"site"}, {"dtype"}, {"scale of B / A", true}, {"zero point shift", true}});
  for (size_t i = 0; i < std::min(kMostRows, rows.size()); ++i) {
    const json& row = rows[i];
    const auto before = row.at("dtype")[0].get<std::string>(), after = row.at("dtype")[1].get<std::string>();
    table.row({breakable(row.at("site").get<std::string>()),
               escape(before == after ? before : fmt::format("{} → {}", before, after)),
               number(row.at("scale_ratio")), number(row.at("zero_point_shift"))});
  }
  return first_rows(table, rows.size());
}

std::string only_in(const json& d) {
  Table table({{"site"}, {"quantized only in"}});
  for (const auto& [side, name] : {std::pair("a", "A"), std::pair("b", "B")}) {
    for (const json& site : d.at("only_in").at(side)) table.row({breakable(site.get<std::string>()), name});
  }
  return table.html();
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
