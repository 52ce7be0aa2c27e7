// The lines of a text file, found and not yet read.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vernier::core {

// Bytes of a line at most.
inline constexpr size_t kLongestLine = size_t{16} << 20;

// Immutable; any thread may read it.
class Lines {
 public:
  // Which lines count: all, none of them empty; or those that are neither empty nor begin with "#".
  enum class Kind { kAll, kTexts };

  // Lines end with "\n" or "\r\n". `hint` says what to write. `owner` keeps `bytes` alive. Throws Error
  // (kData) with file:line: no line, an empty one where all count, one above kLongestLine, a byte order mark.
  static Lines open(const std::filesystem::path& file, Kind kind, const std::string& hint);
  static Lines parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, std::string label,
                     Kind kind, const std::string& hint);

  [[nodiscard]] size_t size() const { return lines_.size(); }
  [[nodiscard]] const std::string& label() const { return label_; }
  [[nodiscard]] std::string_view text(size_t index) const { return lines_.at(index).text; }
  // Of line `index` in the file, from 1.
  [[nodiscard]] size_t number(size_t index) const { return lines_.at(index).number; }
  // "samples.jsonl:7"
  [[nodiscard]] std::string where(size_t index) const;

 private:
  struct Line {
    std::string_view text;
    size_t number;
  };
  std::vector<Line> lines_;
  std::shared_ptr<const void> owner_;
  std::string label_;
};

}  // namespace vernier::core
