// What to try where the numbers are too far from float.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "report/verdict.h"
#include "vernier/core/shown_text.h"
#include "vernier/dtype.h"

namespace vernier::core {

namespace {

using nlohmann::json;

constexpr size_t kMostRules = 3;

// What of the run is coarse: activations of at most 8 bits, weights of fewer than 8.
struct CoarseSites {
  std::set<std::string> activations;
  bool has_coarse_weights = false;
};

CoarseSites coarse_sites(const json& report) {
  CoarseSites found;
  for (const json& row : report.at("coverage").value("sites", json::array())) {
    if (row.at("status") != "quantized" || !row.contains("dtype")) continue;
    const int bits = DType::parse(row.at("dtype").get<std::string>()).bits;
    if (row.at("role") == "weight")
      found.has_coarse_weights = found.has_coarse_weights || bits < 8;
    else if (bits <= 8)
      found.activations.insert(row.at("site"));
  }
  return found;
}

// Of activation sites, those whose own grid costs most; `among` empty: of all.
std::vector<std::pair<std::string, double>> coarsest(const json& report, const std::set<std::string>& among) {
  std::vector<std::pair<std::string, double>> found;
  if (!report.contains("statistics") || !report.at("statistics").is_object()) return found;
  for (const json& row : report.at("statistics").at("sites")) {
    const std::string site = row.at("site");
    if (row.at("role") == "weight" || !row.at("own_sqnr_db").is_number()) continue;
    if (among.empty() || among.contains(site)) found.emplace_back(site, row.at("own_sqnr_db").get<double>());
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.second < b.second; });
  if (found.size() > kMostRules) found.resize(kMostRules);
  return found;
}

}  // namespace

std::vector<std::string> advice_on_numbers(const json& report) {
  std::vector<std::string> next;
  const CoarseSites coarse = coarse_sites(report);
  if (!coarse.activations.empty()) {
    next.emplace_back(
        "16 bits for activations: --set quantization.activation.dtype=int16, or a preset with a16 (`vernier "
        "presets`)");
    std::string rules, grids;
    for (const auto& [site, decibel] : coarsest(report, coarse.activations)) {
      rules += fmt::format("{}{{\"match\": {}, \"dtype\": \"int16\"}}", rules.empty() ? "" : ", ",
                           json_text(site));
      grids += fmt::format("{}{:.1f}", grids.empty() ? "" : ", ", decibel);
    }
    if (!rules.empty())
      next.push_back(
          fmt::format("or for the sites whose own grid is coarsest ({} dB): \"rules\": [{}]", grids, rules));
  }
  if (coarse.has_coarse_weights)
    next.emplace_back("8 bits for weights: --set quantization.weight.dtype=int8");
  if (!next.empty()) return next;
  for (const auto& [site, decibel] : coarsest(report, {}))
    next.push_back(
        fmt::format("look at {}: its own grid alone gives {:.1f} dB; another observer, or float: "
                    "{{\"match\": {}, \"observer\": \"identity\"}}",
                    site, decibel, json_text(site)));
  return next;
}

}  // namespace vernier::core
