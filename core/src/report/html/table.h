// Tables of a page: heads say what they head, and on a narrow screen a wide table's row becomes a block whose
// cells say it themselves.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace vernier::core::html {

struct Column {
  const char* name;
  bool is_number = false;  // stands on the right
};

struct Cell {
  Cell(std::string content, const char* the_look = "") : html(std::move(content)), look(the_look) {}
  Cell(const char* content) : html(content) {}

  std::string html;       // of which everything foreign is escaped
  const char* look = "";  // a class of the style sheet, or none
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns.
  void row(const std::vector<Cell>& cells);
  [[nodiscard]] size_t rows() const { return rows_; }
  // Empty without rows.
  [[nodiscard]] std::string html() const;

 private:
  std::vector<Column> columns_;
  std::string body_;
  size_t rows_ = 0;
};

}  // namespace vernier::core::html
