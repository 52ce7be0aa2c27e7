// What `vernier sensitivity` found, as JSON and for a terminal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "vernier/core/sensitivity.h"

namespace vernier::core {

namespace {

nlohmann::json error_json(const OutputError& error) {
  return {{"sqnr_db", std::isfinite(error.sqnr_db) ? nlohmann::json(error.sqnr_db) : nlohmann::json()},
          {"mean_square", error.mean_square},
          {"cosine", error.cosine}};
}

std::string decibels(double sqnr) {
  return std::isfinite(sqnr) ? fmt::format("{:.2f} dB", sqnr) : std::string("exact");
}

std::string counted(size_t count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string twins_text(const SensitivityRow& row) {
  if (row.sites.size() == 1) return {};
  return fmt::format("  (and {} with the same grid)", row.sites.size() - 1);
}

}  // namespace

nlohmann::json to_json(const Sensitivity& found) {
  nlohmann::json rows = nlohmann::json::array();
  for (const SensitivityRow& row : found.rows) {
    nlohmann::json one = error_json(row.error);
    one.update({{"sites", row.sites},
                {"module", row.module},
                {"role", row.is_weight ? "weight" : "activation"},
                {"dtype", row.dtype.name()}});
    rows.push_back(std::move(one));
  }
  return {{"method", to_string(found.method)},
          {"by", found.by_module ? "module" : "site"},
          {"samples", found.samples},
          {"all", error_json(found.all)},
          {"weights", error_json(found.weights)},
          {"activations", error_json(found.activations)},
          {"rows", std::move(rows)},
          {"seconds", found.seconds},
          {"kept_bytes", found.kept_bytes}};
}

std::string sensitivity_table(const Sensitivity& found, size_t top) {
  std::string text = fmt::format(
      "{}, {:.2f} s\nall quantized     {:>10}   cosine {:.6f}\nweights alone     {:>10}   cosine "
      "{:.6f}\nactivations alone {:>10}   cosine {:.6f}\n\n",
      counted(found.samples, "sample"), found.seconds, decibels(found.all.sqnr_db), found.all.cosine,
      decibels(found.weights.sqnr_db), found.weights.cosine, decibels(found.activations.sqnr_db),
      found.activations.cosine);
  const bool is_one = found.method == SensitivityMethod::kOneQuantized;
  text += is_one ? "SQNR of the outputs when this alone is quantized\n"
                 : "SQNR of the outputs when this alone is float, and the gain\n";
  const size_t shown = std::min(top, found.rows.size());
  for (size_t i = 0; i < shown; ++i) {
    const SensitivityRow& row = found.rows[i];
    text += fmt::format("  {:>10}", decibels(row.error.sqnr_db));
    if (!is_one) text += fmt::format("  {:+6.2f} dB", row.error.sqnr_db - found.all.sqnr_db);
    if (found.by_module)
      text += fmt::format("  {}  ({})\n", row.module.empty() ? "<root>" : row.module,
                          counted(row.sites.size(), "site"));
    else
      text += fmt::format("  {:<6}  {}{}\n", row.dtype.name(), row.sites.front(), twins_text(row));
  }
  if (shown < found.rows.size())
    text += fmt::format("  and {} more: --top {}, or --json\n", found.rows.size() - shown, found.rows.size());
  return text;
}

}  // namespace vernier::core
