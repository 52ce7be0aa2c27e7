#include "plugin/data_files.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "plugin/discovery.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace fs = std::filesystem;

DataFiles find_data_files(const std::vector<fs::path>& recipe_folders, std::string_view kind,
                          const RunControl& control) {
  SearchOptions options;
  options.recipe_folders = recipe_folders;
  const std::string end = fmt::format(".{}.json", kind);
  DataFiles found;
  for (const auto& [level, folder] : search_places(options)) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), last; !error && entry != last; entry.increment(error)) {
      control.check();
      const std::string name = entry->path().filename().string();
      std::error_code unknown;
      if (name.size() > end.size() && name.ends_with(end) && entry->is_regular_file(unknown))
        found.emplace(name.substr(0, name.size() - end.size()), entry->path());
    }
  }
  return found;
}

const fs::path& data_file(const DataFiles& files, std::string_view kind, const std::string& name,
                          const std::string& where, std::string_view more) {
  const auto found = files.find(name);
  if (found != files.end()) return found->second;
  std::vector<std::string> known;
  known.reserve(files.size());
  for (const auto& [one, file] : files) known.push_back(one);
  const std::string close = did_you_mean(name, known);
  throw usage_error(fmt::format("unknown {} {}", kind, in_quotes(name)), where,
                    !close.empty()  ? close
                    : known.empty() ? fmt::format("no folder of plugins holds a .{}.json", kind)
                                    : fmt::format("known {}s: {}{}", kind, fmt::join(known, ", "), more));
}

}  // namespace vernier::core
