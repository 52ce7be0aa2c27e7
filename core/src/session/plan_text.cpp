#include "vernier/core/plan_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "recipe/glob.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr size_t kTypesShown = 8;

std::string dtypes_of(const json& row) {
  std::vector<std::string> parts;
  for (const char* key : {"weight", "activation"}) {
    if (row.at(key).is_string()) parts.push_back(row.at(key));
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

// "36 Linear int8/int16, 13 LayerNorm int16 computed in float", the most numerous first.
std::string types_line(const json& plan) {
  std::set<std::string> in_float;  // modules
  for (const json& unit : plan.at("units")) {
    for (const json& op : unit.at("graph").at("float_ops")) in_float.insert(op.at("module"));
  }
  std::map<std::string, uint64_t> counts;
  for (const json& row : plan.at("modules")) {
    const std::string type = row.at("type"), dtypes = dtypes_of(row);
    const bool computes_float = in_float.contains(row.at("module").get<std::string>());
    ++counts[fmt::format("{} {}{}", type, dtypes,
                         computes_float && dtypes != "float" ? " computed in float" : "")];
  }
  std::vector<std::pair<std::string, uint64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> words;
  for (const auto& [name, count] : sorted) {
    if (words.size() == kTypesShown) {
      words.push_back(fmt::format("{} more kinds", sorted.size() - kTypesShown));
      break;
    }
    words.push_back(fmt::format("{} {}", count, name));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string bytes_line(const json& plan) {
  double before = 0, after = 0, operations = 0;
  for (const json& row : plan.at("parameters")) {
    if (!row.contains("part_of")) before += row.at("bytes_before").get<double>();
    after += row.at("bytes_after").get<double>();
  }
  for (const json& unit : plan.at("units")) operations += unit.at("graph").at("operations").get<double>();
  return fmt::format("parameters {:.1f} -> {:.1f} MB; {:.4g} million operations", before / 1e6, after / 1e6,
                     operations / 1e6);
}

std::string costs_line(const json& plan) {
  const json& seconds = plan.at("predicted_seconds");
  const bool is_known = seconds.is_object() && seconds.at("total").is_number();
  return fmt::format("about {} MiB of memory; {}",
                     plan.at("memory").at("predicted_bytes").get<uint64_t>() >> 20,
                     is_known ? fmt::format("about {:.2g} s", seconds.at("total").get<double>())
                              : std::string("time unknown: only a journal keeps what earlier runs took"));
}

}  // namespace

std::string plan_summary(const json& plan) {
  const std::string module = plan.at("module");
  std::string text = fmt::format("{} {}\n", one_line(plan.at("type").get<std::string>()),
                                 module.empty() ? "(the whole)" : one_line(module));
  text += types_line(plan) + "\n" + bytes_line(plan) + "\n";
  uint64_t in_float = 0;
  for (const json& unit : plan.at("units")) in_float += unit.at("graph").at("float_ops").size();
  if (in_float != 0) text += fmt::format("{} operations of the graph are computed in float\n", in_float);
  for (const json& rule : plan.at("rules"))
    text += fmt::format("rule {} {}: {} site{}, decides {}\n", rule.at("rule").get<uint64_t>(),
                        one_line(rule.at("match").get<std::string>()), rule.at("sites").get<uint64_t>(),
                        rule.at("sites") == 1 ? "" : "s", rule.at("decides").get<uint64_t>());
  for (const json& file : plan.at("exports")) {
    const std::string profile = file.at("profile"), name = file.at("file");
    // A plan ends with an error where the consumer does not.
    text += fmt::format("{}: {}\n", one_line(name),
                        profile == "none" ? "held to no consumer's profile"
                                          : fmt::format("profile {} takes every operator", profile));
  }
  for (const json& warning : plan.at("warnings"))
    text += fmt::format("warning: {}\n", one_line(warning.at("text").get<std::string>()));
  return text + costs_line(plan) + "\n";
}

json plan_sites(const json& plan, const std::string& glob) {
  const Glob pattern(glob);
  const std::string module = plan.at("module");
  json rows = json::array();
  std::vector<std::string> names;
  for (const json& row : plan.at("sites")) {
    const std::string path = row.at("site");
    const std::string relative =
        !module.empty() && path.size() > module.size() + 1 && path.starts_with(module)
            ? path.substr(module.size() + 1)
            : path;
    if (pattern.matches(path) || pattern.matches(relative)) rows.push_back(row);
    names.push_back(relative);
    names.push_back(path);
  }
  if (!rows.empty()) return rows;
  std::string hint = did_you_mean(glob, names);
  if (hint.empty())
    hint = fmt::format(
        "there are {} sites, as `vernier plan RECIPE` lists them; ** stands for any part of a "
        "path: **/act_out",
        plan.at("sites").size());
  throw usage_error(fmt::format("{} matches no site", in_quotes(glob)), "--site", hint);
}

}  // namespace vernier::core
