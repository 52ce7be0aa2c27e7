#include "report/html/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/html/text.h"

namespace vernier::core::html {

namespace {

constexpr double kWidth = 320, kHeight = 96;

}  // namespace

std::string bars(const std::vector<Bar>& rows, const std::string& title) {
  double greatest = 0;
  for (const Bar& row : rows) greatest = std::max(greatest, row.value);
  std::string text = fmt::format("<div class=\"bars\" role=\"img\" aria-label=\"{}\">\n", escape(title));
  for (const Bar& row : rows) {
    const double share = greatest > 0 ? std::max(0.0, row.value / greatest) : 0;
    text += fmt::format(
        "<div class=\"bar\"><span class=\"name\" title=\"{}\">{}</span><span class=\"track\"><span "
        "class=\"fill\" style=\"width:{:.1f}%\"></span></span><span class=\"figure\">{}</span></div>\n",
        escape(row.label), escape(tail(row.label, 44)), share * 100, escape(row.text));
  }
  return text + "</div>\n";
}

std::string histogram(const nlohmann::json& site) {
  const nlohmann::json& shape = site.at("histogram");
  const auto& counts = shape.at("counts");
  if (!shape.at("low").is_number() || !shape.at("high").is_number() || counts.empty())
    return "<p class=\"dim\">no values</p>";
  const double low = shape.at("low").get<double>(), high = shape.at("high").get<double>();
  double greatest = 1;
  for (const auto& count : counts) greatest = std::max(greatest, std::log1p(count.get<double>()));
  std::string text = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" class=\"histogram\" role=\"img\"><title>values of {} from {} to "
      "{}, logarithmic counts</title>",
      kWidth, kHeight + 16, escape(site.at("site").get<std::string>()), number(shape.at("low")),
      number(shape.at("high")));
  const double step = kWidth / static_cast<double>(counts.size());
  for (size_t i = 0; i < counts.size(); ++i) {
    const double height = std::log1p(counts[i].get<double>()) / greatest * (kHeight - 4);
    if (height <= 0) continue;
    text += fmt::format("<rect class=\"mark\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>",
                        static_cast<double>(i) * step + 0.5, kHeight - height, step - 1, height);
  }
  const auto place = [&](double value) {
    return std::clamp((value - low) / (high - low), 0.0, 1.0) * kWidth;
  };
  for (const char* end : {"low", "high"}) {
    if (!site.at(end).is_number()) continue;
    const double x = std::clamp(place(site.at(end).get<double>()), 1.0, kWidth - 1);
    text += fmt::format(
        "<line class=\"clip\" x1=\"{:.1f}\" y1=\"0\" x2=\"{:.1f}\" y2=\"{:.0f}\"><title>the codes end at "
        "{}</title></line>",
        x, x, kHeight, number(site.at(end)));
  }
  text += fmt::format("<line class=\"axis\" x1=\"0\" y1=\"{0:.0f}\" x2=\"{1:.0f}\" y2=\"{0:.0f}\"/>", kHeight,
                      kWidth);
  text += fmt::format(
      "<text class=\"tick\" x=\"0\" y=\"{0:.0f}\">{1}</text><text class=\"tick\" x=\"{2:.0f}\" y=\"{0:.0f}\" "
      "text-anchor=\"end\">{3}</text></svg>\n",
      kHeight + 13, number(shape.at("low")), kWidth, number(shape.at("high")));
  return text;
}

std::string scatter(const nlohmann::json& points, const std::string& title) {
  constexpr double kSide = 320, kMargin = 8;
  if (points.empty()) return "<p class=\"dim\">no float output</p>";
  double low = points[0][0].get<double>(), high = low;
  for (const auto& point : points) {
    for (const auto& value : point) {
      low = std::min(low, value.get<double>());
      high = std::max(high, value.get<double>());
    }
  }
  if (!(high > low)) high = low + 1;
  const auto place = [&](double value) {
    return kMargin + (value - low) / (high - low) * (kSide - 2 * kMargin);
  };
  std::string text = fmt::format(
      "<svg viewBox=\"0 0 {0:.0f} {1:.0f}\" class=\"scatter\" role=\"img\"><title>{2}</title><rect "
      "class=\"frame\" x=\"0.5\" y=\"0.5\" width=\"{3:.0f}\" height=\"{3:.0f}\"/>",
      kSide, kSide + 16, escape(title), kSide - 1);
  text += fmt::format("<line class=\"axis\" x1=\"{0:.0f}\" y1=\"{1:.0f}\" x2=\"{1:.0f}\" y2=\"{0:.0f}\"/>",
                      kMargin, kSide - kMargin);
  text += "<path class=\"dots\" d=\"";
  for (const auto& point : points)
    text +=
        fmt::format("M{:.1f} {:.1f}h0", place(point[0].get<double>()), kSide - place(point[1].get<double>()));
  text += fmt::format(
      "\"/><text class=\"tick\" x=\"0\" y=\"{0:.0f}\">{1}</text><text class=\"tick\" x=\"{2:.0f}\" "
      "y=\"{0:.0f}\" text-anchor=\"middle\">float output →</text>"
      "<text class=\"tick\" x=\"{3:.0f}\" y=\"{0:.0f}\" text-anchor=\"end\">{4}</text></svg>\n",
      kSide + 13, number(low), kSide / 2, kSide, number(high));
  return text;
}

}  // namespace vernier::core::html
