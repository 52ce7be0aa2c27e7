#include "calibration/csv.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>

#include "calibration/lines.h"
#include "file/mapped_file.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Row by row through the text.
class CsvRows {
 public:
  CsvRows(std::string_view text, std::string label) : rest_(text), label_(std::move(label)) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }

  // False where there is no further row.
  bool next(std::vector<std::string>& cells) {
    cells.clear();
    if (rest_.empty()) return false;
    row_ = line_;
    for (bool is_last = false; !is_last;) cells.push_back(cell(is_last));
    return true;
  }
  [[nodiscard]] size_t number() const { return row_; }
  [[nodiscard]] std::string where() const { return fmt::format("{}:{}", label_, row_); }

 private:
  std::string cell(bool& is_last) {
    std::string text;
    if (rest_.starts_with('"')) text = quoted();
    const size_t end = std::min(rest_.find_first_of(",\n"), rest_.size());
    std::string_view plain = rest_.substr(0, end);
    is_last = end == rest_.size() || rest_[end] == '\n';
    if (is_last && plain.ends_with('\r')) plain.remove_suffix(1);
    text += plain;
    if (text.size() > kLongestLine)
      throw data_error(fmt::format("a cell of {} bytes, at most {} are read", text.size(), kLongestLine),
                       where());
    if (is_last) ++line_;
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return text;
  }

  std::string quoted() {
    std::string text;
    for (size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '\n') ++line_;
      if (rest_[at] != '"') {
        text += rest_[at];
      } else if (at + 1 < rest_.size() && rest_[at + 1] == '"') {
        text += '"';
        ++at;
      } else {
        rest_.remove_prefix(at + 1);
        return text;
      }
    }
    throw data_error("a quoted cell does not end", where(),
                     "end it with a quote; a quote in it is written \"\"");
  }

  std::string_view rest_;
  std::string label_;
  size_t line_ = 1;  // that `rest_` begins on
  size_t row_ = 1;
};

size_t place_of(const std::vector<std::string>& names, const std::string& column, const std::string& where) {
  const auto found = std::ranges::find(names, column);
  if (found != names.end() && !column.empty()) return static_cast<size_t>(found - names.begin());
  std::vector<std::string> known;
  known.reserve(names.size());
  for (const std::string& name : names) known.push_back(in_quotes(name));
  std::string hint = column.empty() ? std::string() : did_you_mean(column, names);
  if (hint.empty()) hint = fmt::format("columns: {}", fmt::join(known, ", "));
  throw data_error(column.empty() ? std::string("which column of the table has the texts is not told")
                                  : fmt::format("the table has no column {}", in_quotes(column)),
                   where, hint);
}

}  // namespace

CsvColumn read_csv_column(const std::filesystem::path& file, const std::string& column) {
  const auto mapped = MappedFile::open(file);
  const auto bytes = mapped->bytes();
  CsvRows rows({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file.string());
  std::vector<std::string> names, cells;
  if (!rows.next(names)) throw data_error("the file is empty", file.string(), "its first row names columns");
  const size_t place = place_of(names, column, rows.where());
  CsvColumn result;
  while (rows.next(cells)) {
    if (cells.size() == 1 && cells[0].empty() && names.size() > 1) continue;  // an empty line
    if (cells.size() != names.size())
      throw data_error(fmt::format("a row of {} cells; the table has {} columns", cells.size(), names.size()),
                       rows.where(), "a cell with a comma or a line break stands in quotes");
    if (cells[place].find_first_not_of(" \t\r\n") == std::string::npos)
      throw data_error(fmt::format("the cell of column {} is empty", in_quotes(column)), rows.where(),
                       "take the row out");
    result.cells.push_back(cells[place]);
    result.numbers.push_back(rows.number());
  }
  if (result.cells.empty())
    throw data_error("the table has no row below the names of its columns", file.string());
  return result;
}

}  // namespace vernier::core
