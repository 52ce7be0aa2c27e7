#include "plugin/discovery.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/dll/runtime_symbol_info.hpp>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <set>

#include "kernels/thread_pool.h"
#include "plugin/trust.h"
#include "text/path_list.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

// Null where the variable is unset, empty, or not to be trusted because the process runs with another user's
// rights.
const char* environment(const char* name) {
  const char* value = ::secure_getenv(name);  // AT_SECURE: set-user-ID and file capabilities alike
  return value == nullptr || *value == '\0' ? nullptr : value;
}

void read_manifest(Candidate& candidate) {
  const auto reject = [&](const std::string& reason) {
    candidate.verdict = Verdict::kRejected;
    candidate.reason = reason;
  };
  try {
    auto image = LibraryImage::read(candidate.file);
    const ManifestBytes& section = image->manifest();
    candidate.sha256 = image->sha256();
    Manifest manifest = parse_manifest(section.json);
    manifest.abi_major = section.header.abi_major;
    manifest.abi_minor = section.header.abi_minor;
    manifest.minimum_host_minor = section.header.minimum_host_minor;
    candidate.manifest = std::move(manifest);
    candidate.image = std::move(image);
  } catch (const Error& error) {
    reject(error.diagnostics().front().what);
  } catch (const std::exception& error) {
    reject(error.what());
  }
}

// Several at once: each is read whole and hashed, which is much of what a short run does before it begins.
void look_at_all(std::vector<Candidate>& candidates, const RunControl& control) {
  ThreadPool pool;
  pool.parallel_for(0, std::ssize(candidates), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      control.check();
      Candidate& candidate = candidates[static_cast<size_t>(i)];
      const SearchLevel level = candidate.level;
      candidate = look_at_plugin(candidate.file);
      candidate.level = level;
      if (level == SearchLevel::kFile || candidate.verdict == Verdict::kRejected) continue;
      candidate.reason = distrust(candidate.file);
      if (!candidate.reason.empty()) candidate.verdict = Verdict::kRejected;
    }
  });
}

// Sorted by name. `error` says why the folder, or what is left of it, cannot be listed.
std::vector<fs::path> libraries_in(const fs::path& folder, std::error_code& error) {
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code unknown;  // what cannot be told apart is told later, with its reason
    if (entry->path().extension() == ".so" && !entry->is_directory(unknown)) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// A folder of the recipe was asked for, so it must be there; one of the environment may come and go, yet its
// absence explains much. The others need not exist.
void tell_unreadable(SearchLevel level, const fs::path& folder, const std::error_code& error) {
  const std::string what =
      fmt::format("plugin folder {} cannot be read: {}", in_quotes(folder.string()), error.message());
  if (level == SearchLevel::kRecipe)
    throw usage_error(what, "recipe plugins.search", "paths are relative to the recipe");
  if (level == SearchLevel::kEnvironment || error != std::errc::no_such_file_or_directory)
    spdlog::warn("{} ({})", what, to_string(level));
}

// Such a folder would be another one, and maybe another person's, wherever the program is started.
void tell_relative() {
  const char* folders = environment("VERNIER_PLUGIN_PATH");
  if (folders == nullptr) return;
  for (const std::string& folder : path_list(folders)) {
    if (fs::path(folder).is_absolute()) continue;
    spdlog::warn(
        "plugin folder {} is not looked into: $VERNIER_PLUGIN_PATH takes absolute paths only, such as {}",
        in_quotes(folder), in_quotes(fs::absolute(folder).lexically_normal().string()));
  }
}

}  // namespace

const char* to_string(SearchLevel level) {
  switch (level) {
    case SearchLevel::kFile:
      return "--plugin";
    case SearchLevel::kRecipe:
      return "recipe plugins.search";
    case SearchLevel::kEnvironment:
      return "$VERNIER_PLUGIN_PATH";
    case SearchLevel::kUser:
      return "user data folder";
    case SearchLevel::kBinary:
      return "beside the binary";
    case SearchLevel::kSystem:
      return "system folder";
  }
  return "";
}

const char* to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::kUsable:
      return "usable";
    case Verdict::kShadowed:
      return "shadowed";
    case Verdict::kRejected:
      return "rejected";
  }
  return "";
}

std::vector<std::pair<SearchLevel, fs::path>> search_places(const SearchOptions& options) {
  std::vector<std::pair<SearchLevel, fs::path>> places;
  for (const fs::path& folder : options.recipe_folders) {
    std::error_code error;
    if (!fs::is_directory(folder, error))
      throw usage_error("plugin folder does not exist: " + folder.string(), "recipe plugins.search",
                        "paths are relative to the recipe");
    places.emplace_back(SearchLevel::kRecipe, folder);
  }
  if (!options.use_environment) return places;
  if (const char* folders = environment("VERNIER_PLUGIN_PATH")) {
    for (const std::string& folder : path_list(folders)) {
      if (fs::path(folder).is_absolute()) places.emplace_back(SearchLevel::kEnvironment, folder);
    }
  }
  if (const char* data = environment("XDG_DATA_HOME"))
    places.emplace_back(SearchLevel::kUser, fs::path(data) / "vernier" / "plugins");
  else if (const char* home = environment("HOME"))
    places.emplace_back(SearchLevel::kUser, fs::path(home) / ".local/share/vernier/plugins");
  const fs::path binary = boost::dll::program_location().parent_path().string();
  places.emplace_back(SearchLevel::kBinary, binary / ".." / "lib" / "vernier" / "plugins");
  places.emplace_back(SearchLevel::kSystem, VERNIER_SYSTEM_PLUGIN_DIR);
  return places;
}

Candidate look_at_plugin(const fs::path& file) {
  Candidate candidate;
  std::error_code error;
  candidate.file = fs::canonical(file, error);
  if (error) {
    candidate.file = fs::absolute(file);
    candidate.verdict = Verdict::kRejected;
    candidate.reason = "cannot be read: " + error.message();
  } else {
    read_manifest(candidate);
  }
  return candidate;
}

std::vector<Candidate> discover(const SearchOptions& options, const RunControl& control) {
  std::vector<Candidate> candidates;
  std::set<fs::path> seen;  // one file at two levels counts at the first
  const auto add = [&](const fs::path& file, SearchLevel level) {
    std::error_code error;
    const fs::path place = fs::weakly_canonical(file, error);
    if (!seen.insert(error ? file : place).second) return;
    candidates.emplace_back();
    candidates.back().file = file;
    candidates.back().level = level;
  };
  for (const fs::path& file : options.files) {
    std::error_code error;
    if (!fs::exists(file, error))
      throw plugin_error("plugin file does not exist: " + file.string(), "--plugin",
                         error ? error.message() : "check the path");
    add(file, SearchLevel::kFile);
  }
  if (options.use_environment) tell_relative();
  for (const auto& [level, folder] : search_places(options)) {
    std::error_code error;
    for (const fs::path& file : libraries_in(folder, error)) add(file, level);
    if (error) tell_unreadable(level, folder, error);
  }
  look_at_all(candidates, control);
  for (const Candidate& candidate : candidates) {
    if (candidate.level == SearchLevel::kFile && candidate.verdict == Verdict::kRejected)
      throw plugin_error(fmt::format("{} cannot be used: {}", candidate.file.string(), candidate.reason),
                         "--plugin");
  }
  return candidates;
}

}  // namespace vernier::core
