#include "report/html/table.h"

#include <fmt/format.h>

#include "report/html/text.h"
#include "vernier/core/error.h"

namespace vernier::core::html {

namespace {

constexpr size_t kNarrow = 3;  // so many columns have room on a phone

}  // namespace

void Table::row(const std::vector<Cell>& cells) {
  if (cells.size() != columns_.size())
    throw internal_error(fmt::format("{} cells in a table of {} columns", cells.size(), columns_.size()));
  body_ += "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    std::string look = cells[i].look;
    if (columns_[i].is_number) look.insert(0, look.empty() ? "n" : "n ");
    const std::string shown = look.empty() ? "" : fmt::format(" class=\"{}\"", look);
    const std::string label = i == 0 || columns_.size() <= kNarrow
                                  ? ""
                                  : fmt::format(" data-label=\"{}\"", escape(columns_[i].name));
    body_ += fmt::format("<td{}{}>{}</td>", shown, label, cells[i].html);
  }
  body_ += "</tr>\n";
  ++rows_;
}

std::string Table::html() const {
  if (rows_ == 0) return {};
  std::string head;
  for (const Column& one : columns_)
    head += fmt::format("<th scope=\"col\"{}>{}</th>", one.is_number ? " class=\"n\"" : "", escape(one.name));
  return fmt::format(
      "<div class=\"scroll\"><table{}><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table></div>\n",
      columns_.size() > kNarrow ? " class=\"wide\"" : "", head, body_);
}

}  // namespace vernier::core::html
