#include "report/html/sites.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/html/table.h"
#include "report/html/text.h"

namespace vernier::core::html {

namespace {

using nlohmann::json;

bool is_number(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) { return std::isdigit(c) != 0; });
}

struct Layer {
  std::string name;
  std::vector<const json*> sites;
};

std::vector<Layer> layers_of(const json& sites) {
  std::vector<Layer> layers;
  std::map<std::string, size_t> places;
  for (const json& site : sites) {
    const std::string name = layer_of(site.at("site"));
    const auto [place, is_new] = places.emplace(name, layers.size());
    if (is_new) layers.push_back({name, {}});
    layers[place->second].sites.push_back(&site);
  }
  return layers;
}

std::string word(const json& site, const char* key) {
  const json value = site.value(key, json());
  return value.is_string() ? value.get<std::string>() : std::string();
}

// What stays in float says so in the place of a dtype.
std::string dtype_of(const json& site) {
  const std::string dtype = word(site, "dtype");
  return word(site, "status") == "quantized" && !dtype.empty() ? dtype : word(site, "status");
}

std::string decibels(const json* statistics, const char* key) {
  if (statistics == nullptr || !statistics->at(key).is_number()) return "–";
  return fmt::format("{:.1f}", statistics->at(key).get<double>());
}

std::string summary(const Layer& layer, const std::map<std::string, const json*>& statistics) {
  std::map<std::string, size_t> dtypes;
  double least = 0;
  bool is_known = false;
  for (const json* site : layer.sites) {
    ++dtypes[dtype_of(*site)];
    const auto found = statistics.find(site->at("site"));
    if (found == statistics.end() || !found->second->at("own_sqnr_db").is_number()) continue;
    const double own = found->second->at("own_sqnr_db");
    least = is_known ? std::min(least, own) : own;
    is_known = true;
  }
  std::vector<std::string> counts;
  counts.reserve(dtypes.size());
  for (const auto& [dtype, count] : dtypes) counts.push_back(fmt::format("{} × {}", count, escape(dtype)));
  std::string text =
      fmt::format("{} <span class=\"dim\">{}</span>",
                  layer.name.empty() ? "the root module" : breakable(layer.name), fmt::join(counts, ", "));
  if (is_known) text += fmt::format(" <span class=\"dim\">· worst grid {:.1f} dB</span>", least);
  return text;
}

void add_row(Table& table, const json& site, const std::string& layer, const json* statistics) {
  const std::string path = site.at("site");
  const std::string name = path.substr(layer.empty() || layer.size() == path.size() ? 0 : layer.size() + 1);
  table.row({breakable(name), escape(word(site, "role")), escape(dtype_of(site)),
             escape(word(site, "observer")), escape(word(site, "chosen_by")),
             decibels(statistics, "own_sqnr_db"), decibels(statistics, "sqnr_db")});
}

}  // namespace

std::map<std::string, const json*> statistics_by_site(const json& report) {
  std::map<std::string, const json*> statistics;
  if (const auto found = report.find("statistics"); found != report.end() && found->is_object()) {
    for (const json& site : found->at("sites")) statistics[site.at("site")] = &site;
  }
  return statistics;
}

std::string layer_of(const std::string& site) {
  const std::string module = module_of(site);
  for (size_t begin = 0; begin < module.size();) {
    const size_t end = std::min(module.find('.', begin), module.size());
    if (is_number(std::string_view(module).substr(begin, end - begin))) return module.substr(0, end);
    begin = end + 1;
  }
  return module.substr(0, module.find('.'));
}

std::string sites(const json& report) {
  const json rows = report.at("coverage").value("sites", json::array());
  if (rows.empty()) return {};
  const std::map<std::string, const json*> statistics = statistics_by_site(report);
  std::string text;
  for (const Layer& layer : layers_of(rows)) {
    Table table({{"site"},
                 {"role"},
                 {"dtype"},
                 {"observer"},
                 {"chosen by"},
                 {"own grid, dB", true},
                 {"here, dB", true}});
    for (const json* site : layer.sites) {
      const auto found = statistics.find(site->at("site"));
      add_row(table, *site, layer.name, found == statistics.end() ? nullptr : found->second);
    }
    text +=
        fmt::format("<details><summary>{}</summary>{}</details>\n", summary(layer, statistics), table.html());
  }
  return text;
}

}  // namespace vernier::core::html
