#include "vernier/core/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "file/atomic_file.h"
#include "file/path_place.h"
#include "report/html/diff_page.h"
#include "report/run_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

// What differs between two documents, by pointer, leaf by leaf.
void compare(const json& a, const json& b, const std::string& pointer, json& rows) {
  if (a == b) return;
  if (a.is_object() && b.is_object()) {
    std::set<std::string> keys;
    for (const auto* side : {&a, &b}) {
      for (const auto& [key, value] : side->items()) keys.insert(key);
    }
    for (const std::string& key : keys)
      compare(a.value(key, json()), b.value(key, json()), fmt::format("{}/{}", pointer, key), rows);
    return;
  }
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (size_t i = 0; i < a.size(); ++i) compare(a[i], b[i], fmt::format("{}/{}", pointer, i), rows);
    return;
  }
  rows.push_back({{"path", pointer}, {"a", a}, {"b", b}});
}

std::map<std::string, json> by_site(const json& rows) {
  std::map<std::string, json> result;
  for (const json& row : rows) result[row.at("site").get<std::string>()] = row;
  return result;
}

// b / a where it is furthest from 1; null where the numbers of scales differ.
json scale_ratio(const json& a, const json& b) {
  if (a.size() != b.size()) return nullptr;
  double furthest = 1;
  for (size_t i = 0; i < a.size(); ++i) {
    const double ratio = b[i].get<double>() / a[i].get<double>();
    if (std::abs(std::log(ratio)) > std::abs(std::log(furthest))) furthest = ratio;
  }
  return furthest;
}

json zero_point_shift(const json& a, const json& b) {
  if (a.size() != b.size()) return nullptr;
  int64_t greatest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const int64_t shift = b[i].get<int64_t>() - a[i].get<int64_t>();
    if (std::abs(shift) > std::abs(greatest)) greatest = shift;
  }
  return greatest;
}

json error_of(const json& site) {
  return site.at("role") == "weight" ? site.at("own_sqnr_db") : site.at("sqnr_db");
}

json site_errors(const RunFolder& a, const RunFolder& b) {
  const auto ours = by_site(a.report.at("statistics").at("sites")),
             theirs = by_site(b.report.at("statistics").at("sites"));
  std::vector<json> rows;
  for (const auto& [site, row] : ours) {
    const auto other = theirs.find(site);
    if (other == theirs.end()) continue;
    const json before = error_of(row), after = error_of(other->second);
    if (!before.is_number() || !after.is_number() || before == after) continue;
    rows.push_back({{"site", site},
                    {"a", before},
                    {"b", after},
                    {"change_db", after.get<double>() - before.get<double>()}});
  }
  std::stable_sort(rows.begin(), rows.end(), [](const json& x, const json& y) {
    return x.at("change_db").get<double>() < y.at("change_db").get<double>();
  });
  return rows;
}

json sizes(const RunFolder& a, const RunFolder& b) {
  json rows = json::array();
  for (const json& file : a.report.at("exports")) {
    for (const json& other : b.report.at("exports")) {
      if (file.at("file") == other.at("file"))
        rows.push_back({{"file", file.at("file")}, {"a", file.at("bytes")}, {"b", other.at("bytes")}});
    }
  }
  return rows;
}

std::string shown(const json& value) {
  return value.is_null()           ? "-"
         : value.is_number_float() ? fmt::format("{:.6g}", value.get<double>())
                                   : value.dump();
}

// As `run` prints them.
std::string metric(const std::string& name, const json& value) {
  return name == "peir" && value.is_number() ? fmt::format("{:.6g} %", 100 * value.get<double>())
                                             : shown(value);
}

constexpr size_t kShown = 20;

std::string more(size_t count) {
  return count > kShown ? fmt::format("  … and {} more; --json has all\n", count - kShown) : "";
}

// The first of them changed the most.
std::string site_rows(const char* how, const std::vector<json>& sites) {
  if (sites.empty()) return {};
  std::string text = fmt::format("\nSQNR by site, {} than before, the most first\n", how);
  for (size_t i = 0; i < std::min(kShown, sites.size()); ++i) {
    text += fmt::format("  {:<72} {:>8.2f} -> {:>8.2f} dB  {:+.2f}\n", sites[i].at("site").get<std::string>(),
                        sites[i].at("a").get<double>(), sites[i].at("b").get<double>(),
                        sites[i].at("change_db").get<double>());
  }
  return text + more(sites.size());
}

}  // namespace

json diff_runs(const std::filesystem::path& first, const std::filesystem::path& second) {
  const RunFolder a = read_run_folder(first), b = read_run_folder(second);
  json recipe = json::array(), qparams = json::array(), only_a = json::array(), only_b = json::array(),
       metrics = json::object();
  compare(a.recipe, b.recipe, "", recipe);
  const auto ours = by_site(a.qparams), theirs = by_site(b.qparams);
  for (const auto& [site, row] : ours) {
    const auto other = theirs.find(site);
    if (other == theirs.end()) {
      only_a.push_back(site);
      continue;
    }
    const json& same = other->second;
    if (row.at("dtype") == same.at("dtype") && row.at("scale") == same.at("scale") &&
        row.at("zero_point") == same.at("zero_point"))
      continue;
    qparams.push_back({{"site", site},
                       {"dtype", {row.at("dtype"), same.at("dtype")}},
                       {"scale_ratio", scale_ratio(row.at("scale"), same.at("scale"))},
                       {"zero_point_shift", zero_point_shift(row.at("zero_point"), same.at("zero_point"))}});
  }
  for (const auto& [site, row] : theirs) {
    if (ours.count(site) == 0) only_b.push_back(site);
  }
  for (const auto& [name, value] : a.report.at("metrics").items())
    metrics[name] = {value, b.report.at("metrics").value(name, json())};
  return {{"a", first.string()},
          {"b", second.string()},
          {"recipe", recipe},
          {"qparams", qparams},
          {"only_in", {{"a", only_a}, {"b", only_b}}},
          {"sizes", sizes(a, b)},
          {"metrics", metrics},
          {"sites", site_errors(a, b)}};
}

std::string diff_table(const json& d) {
  std::string text =
      fmt::format("a: {}\nb: {}\n\nmetrics\n", d.at("a").get<std::string>(), d.at("b").get<std::string>());
  for (const auto& [name, pair] : d.at("metrics").items())
    text += fmt::format("  {:<16} {:>14} {:>14}\n", name, metric(name, pair[0]), metric(name, pair[1]));
  text += "\nrecipe\n";
  for (const json& row : d.at("recipe"))
    text += fmt::format("  {}: {} -> {}\n", row.at("path").get<std::string>(), shown(row.at("a")),
                        shown(row.at("b")));
  if (d.at("recipe").empty()) text += "  the same\n";
  text += "\nfiles\n";
  for (const json& row : d.at("sizes"))
    text += fmt::format("  {}: {} -> {} bytes\n", row.at("file").get<std::string>(),
                        row.at("a").get<uint64_t>(), row.at("b").get<uint64_t>());
  text += fmt::format("\nqparams: {} of the sites differ\n", d.at("qparams").size());
  for (size_t i = 0; i < std::min(kShown, d.at("qparams").size()); ++i) {
    const json& row = d.at("qparams")[i];
    text += fmt::format("  {:<72} {} -> {}  scale x {}  zero point {}\n", row.at("site").get<std::string>(),
                        row.at("dtype")[0].get<std::string>(), row.at("dtype")[1].get<std::string>(),
                        shown(row.at("scale_ratio")), shown(row.at("zero_point_shift")));
  }
  text += more(d.at("qparams").size());
  for (const char* side : {"a", "b"}) {
    for (const json& site : d.at("only_in").at(side))
      text += fmt::format("  quantized in {} only: {}\n", side, site.get<std::string>());
  }
  const json& all = d.at("sites");
  std::vector<json> worse, better;
  for (const json& row : all) (row.at("change_db").get<double>() < 0 ? worse : better).push_back(row);
  std::reverse(better.begin(), better.end());
  if (all.empty()) text += "\nSQNR by site\n  no change\n";
  return text + site_rows("worse", worse) + site_rows("better", better);
}

void write_diff_page(const json& difference, const std::filesystem::path& file) {
  for (const char* side : {"a", "b"}) {
    const auto folder = difference.at(side).get<std::string>();
    if (PathPlace(file).is_inside(PathPlace(folder)))
      throw usage_error(fmt::format("the page would lie in {}, a run that it compares", folder),
                        file.string(), "write it into another folder");
  }
  AtomicFile page(file);
  page.write(html::diff_page(difference));
  page.commit();
}

}  // namespace vernier::core
