#include "report/html/tune_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "report/html/frame.h"
#include "report/html/table.h"
#include "report/html/text.h"

namespace vernier::core::html {

namespace {

using TuneJson = nlohmann::json;

constexpr double kPlotWidth = 600, kPlotHeight = 300, kPlotEdge = 45;

double share_of(const TuneJson& result, const TuneJson& point) {
  const auto all = result.at("activations").get<double>();
  return all == 0 ? 0 : point.at("wide").get<double>() / all;
}

std::string axis_text(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor, text);
}

std::string plot(const TuneJson& result) {
  double low = 0, high = 1;
  for (const TuneJson& point : result.at("points")) {
    if (!point.at("sqnr_db").is_number()) continue;
    low = std::min(low, point.at("sqnr_db").get<double>());
    high = std::max(high, point.at("sqnr_db").get<double>());
  }
  const auto x = [&](double share) { return kPlotEdge + share * (kPlotWidth - 2 * kPlotEdge); };
  const auto y = [&](double sqnr) {
    return kPlotHeight - kPlotEdge - (sqnr - low) / (high - low) * (kPlotHeight - 2 * kPlotEdge);
  };
  std::string text = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"SQNR by share of wide sites\">\n"
      "<path class=\"axis\" fill=\"none\" stroke=\"currentColor\" d=\"M{:.1f} {:.1f}V{:.1f}H{:.1f}\"/>\n",
      kPlotWidth, kPlotHeight, x(0), y(high), y(low), x(1));
  text +=
      axis_text(x(0), y(low) + 16, "start", "0 %") + axis_text(x(1), y(low) + 16, "end", "100 % wide sites");
  text += axis_text(x(0) - 5, y(low), "end", fmt::format("{:.0f} dB", low));
  text += axis_text(x(0) - 5, y(high) + 8, "end", fmt::format("{:.0f} dB", high));
  for (const TuneJson& point : result.at("points")) {
    if (!point.at("sqnr_db").is_number()) continue;
    const bool is_found =
        point.at("wide") == result.at("wide") && point.at("sqnr_db") == result.at("sqnr_db");
    text += fmt::format(
        "\n<circle class=\"mark\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"{}><title>{} wide sites, {:.2f} "
        "dB</title></circle>",
        x(share_of(result, point)), y(point.at("sqnr_db").get<double>()), is_found ? 7 : 3,
        point.at("is_met").get<bool>() ? "" : " opacity=\"0.4\"", point.at("wide").get<uint64_t>(),
        point.at("sqnr_db").get<double>());
  }
  return text + "\n</svg>\n";
}

// Points of which none has fewer wide sites and a better value: the best for each number of sites, where it
// is better than all with fewer.
std::string pareto_table(const TuneJson& result) {
  std::map<uint64_t, const TuneJson*> best;
  const auto sqnr = [](const TuneJson& point) {
    return point.at("sqnr_db").is_number() ? point.at("sqnr_db").get<double>() : 1e300;
  };
  for (const TuneJson& point : result.at("points")) {
    const TuneJson*& place = best[point.at("wide").get<uint64_t>()];
    if (place == nullptr || sqnr(*place) < sqnr(point)) place = &point;
  }
  Table table({{"wide sites", true}, {"share", true}, {"SQNR", true}, {"cosine", true}, {"target met"}});
  double reached = -1e300;
  for (const auto& [wide, point] : best) {
    if (sqnr(*point) <= reached) continue;
    reached = sqnr(*point);
    table.row({std::to_string(wide), fmt::format("{:.1f} %", 100 * share_of(result, *point)),
               decibel(point->at("sqnr_db")), number(point->at("cosine"), 6),
               point->at("is_met").get<bool>() ? "✓ yes" : "✕ no"});
  }
  return table.html();
}

}  // namespace

std::string tune_page(const TuneJson& result) {
  const bool is_met = result.at("is_met").get<bool>();
  std::string text = fmt::format("<header><h1>{}</h1>\n<p class=\"verdict {}\">{}</p></header>\n",
                                 escape(result.at("target").get<std::string>()), is_met ? "good" : "bad",
                                 is_met ? "✓ met" : "✕ not met, with all sites wide, either");
  text += section("Found",
                  fmt::format("<p>{} of {} activation sites are wide: {}, cosine {}. The recipe: "
                              "<code>{}</code></p>",
                              result.at("wide").get<uint64_t>(), result.at("activations").get<uint64_t>(),
                              decibel(result.at("sqnr_db")), number(result.at("cosine"), 6),
                              escape(result.at("recipe").get<std::string>())));
  text += section("What was tried", plot(result) + "<p class=\"dim\">Pale: the target is not met.</p>");
  text += section("The best for each number of wide sites", pareto_table(result));
  return document("tune", text);
}

}  // namespace vernier::core::html
