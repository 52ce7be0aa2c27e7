// The requests to a processor that a file has: a JSON object a line; in a .txt file a text a line; of a .csv
// file, or of such objects where a column is named, a text a row.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "calibration/csv.h"
#include "calibration/lines.h"

namespace vernier::core {

struct InputRequest;

// Which of a file's lines, and what of each.
struct PromptChoice {
  std::string column;  // of a .csv file, or a key of each line's object; empty: the line itself
  uint64_t skip = 0;   // lines at the beginning that are left out
};

// "column" and "skip" of a recipe's inputs. Throws Error (kUsage).
PromptChoice prompt_choice(const InputRequest& request);

class PromptLines {
 public:
  // Throws Error (kData): what Lines::open() and read_csv_column() throw; fewer lines than are skipped; a
  // column of a .txt file.
  explicit PromptLines(const std::filesystem::path& file, PromptChoice choice = {});

  [[nodiscard]] size_t size() const { return all() - choice_.skip; }
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] std::string where(size_t line) const;
  // As JSON text. Throws Error (kData) with file:line for a line that is no object, an object without a text
  // in the column, or what is not UTF-8.
  [[nodiscard]] std::string request(size_t line) const;

 private:
  [[nodiscard]] size_t all() const { return lines_ ? lines_->size() : cells_.cells.size(); }
  [[nodiscard]] std::string text_request(std::string_view text, size_t line) const;

  const PromptChoice choice_;
  const bool is_text_;
  const std::string label_;
  std::optional<Lines> lines_;
  CsvColumn cells_;
};

}  // namespace vernier::core
