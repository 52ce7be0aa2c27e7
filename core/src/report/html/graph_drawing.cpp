#include "report/html/graph_drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "report/html/text.h"

namespace vernier::core::html {

namespace {

constexpr double kBoxWidth = 250, kBoxHeight = 44, kGapX = 24, kGapY = 26;

struct Box {
  std::string title;
  std::vector<std::pair<std::string, int>> ops;  // name, times in a row
  std::set<size_t> from;
  size_t layer = 0;
  size_t lane = 0;

  [[nodiscard]] std::string list() const {
    std::string text;
    for (const auto& [op, times] : ops)
      text += (text.empty() ? "" : " · ") + op + (times > 1 ? " ×" + std::to_string(times) : "");
    return text;
  }
  void add(const std::string& op) {
    if (!ops.empty() && ops.back().first == op)
      ++ops.back().second;
    else
      ops.emplace_back(op, 1);
  }
};

class Boxes {
 public:
  explicit Boxes(const nlohmann::json& graph) {
    for (const auto& name : graph.at("inputs")) {
      made_by_[name.get<std::string>()] = boxes_.size();
      boxes_.push_back({name.get<std::string>(), {{"input", 1}}, {}, 0, 0});
    }
    inputs_ = boxes_.size();
    for (const auto& node : graph.at("nodes")) add(node);
    place();
  }

  [[nodiscard]] std::string svg() const {
    size_t layers = 0, lanes = 0;
    for (const Box& box : boxes_) {
      layers = std::max(layers, box.layer + 1);
      lanes = std::max(lanes, box.lane + 1);
    }
    const double width = static_cast<double>(lanes) * (kBoxWidth + kGapX) + kGapX,
                 height = static_cast<double>(layers) * (kBoxHeight + kGapY) + kGapY;
    std::string text = fmt::format(
        "<svg viewBox=\"0 0 {0:.0f} {1:.0f}\" class=\"graph\" role=\"img\" "
        "style=\"width:{0:.0f}px\"><title>the captured graph, {2} boxes</title>",
        width, height, boxes_.size());
    for (const Box& box : boxes_) {
      for (size_t from : box.from) text += edge(boxes_[from], box);
    }
    for (size_t i = 0; i < boxes_.size(); ++i) text += rectangle(boxes_[i], i < inputs_);
    return text + "</svg>\n";
  }

 private:
  void add(const nlohmann::json& node) {
    const std::string module = node.at("module");
    if (boxes_.size() == inputs_ || boxes_.back().title != module) boxes_.push_back({module, {}, {}, 0, 0});
    Box& box = boxes_.back();
    const size_t self = boxes_.size() - 1;
    box.add(node.at("op"));
    for (const auto& input : node.at("inputs")) {
      const auto maker = input.is_null() ? made_by_.end() : made_by_.find(input.get<std::string>());
      if (maker != made_by_.end() && maker->second != self) box.from.insert(maker->second);
    }
    for (const auto& output : node.at("outputs")) made_by_[output.get<std::string>()] = self;
  }

  void place() {
    std::map<size_t, size_t> used;  // lanes taken in a layer
    for (Box& box : boxes_) {
      for (size_t from : box.from) box.layer = std::max(box.layer, boxes_[from].layer + 1);
      box.lane = used[box.layer]++;
    }
  }

  static double left(const Box& box) { return kGapX + static_cast<double>(box.lane) * (kBoxWidth + kGapX); }
  static double top(const Box& box) {
    return kGapY / 2 + static_cast<double>(box.layer) * (kBoxHeight + kGapY);
  }

  static std::string edge(const Box& from, const Box& to) {
    const double x1 = left(from) + kBoxWidth / 2, y1 = top(from) + kBoxHeight, x2 = left(to) + kBoxWidth / 2,
                 y2 = top(to);
    // An edge past other boxes swings out to the left of its lane.
    const bool is_long = to.layer > from.layer + 1 && from.lane == to.lane;
    if (is_long) {
      const double x = left(from) + 6, out = left(from) - 14;
      return fmt::format(
          "<path class=\"edge\" d=\"M{0:.0f} {1:.0f}C{2:.0f} {1:.0f} {2:.0f} {3:.0f} {0:.0f} {3:.0f}\"/>", x,
          y1, out, y2);
    }
    const double middle = (y1 + y2) / 2;
    return fmt::format(
        "<path class=\"edge\" d=\"M{0:.0f} {1:.0f}C{0:.0f} {4:.0f} {2:.0f} {4:.0f} {2:.0f} {3:.0f}\"/>", x1,
        y1, x2, y2, middle);
  }

  static std::string rectangle(const Box& box, bool is_input) {
    const double x = left(box), y = top(box);
    const std::string title = box.title.empty() ? "the root module" : box.title;
    return fmt::format(
        "<g><title>{0}: {1}</title><rect class=\"box{2}\" x=\"{3:.0f}\" y=\"{4:.0f}\" width=\"{5:.0f}\" "
        "height=\"{6:.0f}\" rx=\"6\"/>"
        "<text class=\"module\" x=\"{7:.0f}\" y=\"{8:.0f}\">{9}</text><text class=\"ops\" x=\"{7:.0f}\" "
        "y=\"{10:.0f}\">{11}</text></g>",
        escape(title), escape(box.list()), is_input ? " given" : "", x, y, kBoxWidth, kBoxHeight, x + 10,
        y + 18, escape(tail(title, 31)), y + 34, escape(tail(box.list(), 36)));
  }

  std::vector<Box> boxes_;
  size_t inputs_ = 0;
  std::map<std::string, size_t> made_by_;
};

}  // namespace

std::string drawing(const nlohmann::json& graph) {
  if (graph.is_null() || graph.at("nodes").empty())
    return "<p class=\"dim\">nothing was captured: the recipe exports no file</p>";
  return "<div class=\"scroll tall\">" + Boxes(graph).svg() + "</div>\n";
}

}  // namespace vernier::core::html
