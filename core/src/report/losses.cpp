#include "report/losses.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace vernier::core {

namespace {

constexpr size_t kMostRows = 10;

struct Ends {
  std::optional<double> before, after;
  bool has_weight = false;
};

// Of the error in the power of what is compared.
double share(double sqnr_db) { return std::pow(10.0, -sqnr_db / 10); }

}  // namespace

nlohmann::json losses(const nlohmann::json& sites) {
  std::map<std::string, Ends> modules;
  for (const auto& site : sites) {
    const std::string name = site.at("site");
    const size_t slash = name.rfind('/');
    if (slash == std::string::npos) continue;
    const std::string what = name.substr(slash + 1);
    Ends& ends = modules[name.substr(0, slash)];
    if (what == "weight") ends.has_weight = true;
    if (!site.at("sqnr_db").is_number()) continue;
    if (what == "act_in") ends.before = site.at("sqnr_db").get<double>();
    if (what == "act_out") ends.after = site.at("sqnr_db").get<double>();
  }
  std::vector<nlohmann::json> rows;
  for (const auto& [module, ends] : modules) {
    if (!ends.has_weight || !ends.before || !ends.after || *ends.after >= *ends.before) continue;
    const double made = share(*ends.after) - share(*ends.before);
    rows.push_back(
        {{"module", module}, {"before_db", *ends.before}, {"after_db", *ends.after}, {"made", made}});
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.at("made") > b.at("made"); });
  if (rows.size() > kMostRows) rows.resize(kMostRows);
  return rows;
}

}  // namespace vernier::core
