#include "calibration/lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "file/mapped_file.h"
#include "vernier/core/error.h"

namespace vernier::core {

Lines Lines::open(const std::filesystem::path& file, Kind kind, const std::string& hint) {
  const std::shared_ptr<const MappedFile> mapped = MappedFile::open(file);
  return parse(mapped->bytes(), mapped, file.string(), kind, hint);
}

Lines Lines::parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, std::string label,
                   Kind kind, const std::string& hint) {
  Lines result;
  result.owner_ = std::move(owner);
  result.label_ = std::move(label);
  std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (rest.empty()) throw data_error("the file is empty", result.label_, hint);
  if (kind == Kind::kTexts && rest.starts_with("\xEF\xBB\xBF"))
    throw data_error("a byte order mark", result.label_ + ":1", "save the file as UTF-8 without one");
  for (size_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::string where = fmt::format("{}:{}", result.label_, number);
    const bool is_empty = line.find_first_not_of(" \t") == line.npos;
    if (kind == Kind::kTexts && (is_empty || line.front() == '#')) continue;
    if (is_empty) throw data_error("an empty line", where, hint + " and nothing between them");
    if (line.size() > kLongestLine)
      throw data_error(fmt::format("a line of {} bytes, at most {} are read", line.size(), kLongestLine),
                       where);
    result.lines_.push_back({line, number});
  }
  if (result.lines_.empty())
    throw data_error("no line but empty ones and such that begin with #", result.label_, hint);
  return result;
}

std::string Lines::where(size_t index) const {
  return index < lines_.size() ? fmt::format("{}:{}", label_, number(index)) : label_;
}

}  // namespace vernier::core
