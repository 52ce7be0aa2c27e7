// One column of a table of comma-separated values (RFC 4180).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace vernier::core {

struct CsvColumn {
  std::vector<std::string> cells;
  std::vector<size_t> numbers;  // of the line that each one's row begins on, from 1
};

// The first row has the names of the columns. Cells may be quoted, and then hold commas, line breaks and
// quotes ("" for one); a byte order mark is passed over. Throws Error (kData) with file:line: no column of
// that name (the hint has those that there are; an empty `column` asks for them), a row with another number
// of cells, a quote that nothing ends, an empty cell in the column, one above kLongestLine, no row.
CsvColumn read_csv_column(const std::filesystem::path& file, const std::string& column);

}  // namespace vernier::core
