// The requests to a processor that a file has: a JSON object a line, or in a .txt file a text a line.
#pragma once

#include <filesystem>
#include <string>

#include "calibration/lines.h"

namespace vernier::core {

class PromptLines {
 public:
  // Throws Error (kData): what Lines::open() throws.
  explicit PromptLines(const std::filesystem::path& file);

  [[nodiscard]] size_t size() const { return lines_.size(); }
  [[nodiscard]] const std::string& label() const { return lines_.label(); }
  [[nodiscard]] std::string where(size_t line) const { return lines_.where(line); }
  // As JSON text. Throws Error (kData) with file:line for a line that is no object, or not UTF-8.
  [[nodiscard]] std::string request(size_t line) const;

 private:
  const bool is_text_;
  const Lines lines_;
};

}  // namespace vernier::core
