// Finds plugin libraries and reads their manifests. No plugin code runs here.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugin/library_image.h"
#include "plugin/manifest.h"
#include "vernier/core/run_control.h"

namespace vernier::core {

// Where a library was found, in order of precedence: a lower number shadows a higher one.
enum class SearchLevel { kFile = 0, kRecipe, kEnvironment, kUser, kBinary, kSystem };
const char* to_string(SearchLevel level);  // "--plugin", "recipe plugins.search", "$VERNIER_PLUGIN_PATH", …

enum class Verdict { kUsable, kShadowed, kRejected };
const char* to_string(Verdict verdict);  // "usable", "shadowed", "rejected"

struct Candidate {
  std::filesystem::path file;  // absolute, canonical where the file exists
  SearchLevel level = SearchLevel::kFile;
  std::string sha256;  // empty where the file holds no plugin
  std::optional<Manifest> manifest;
  Verdict verdict = Verdict::kUsable;
  std::string reason;  // why not usable
  std::shared_ptr<const LibraryImage>
      image;  // what was read, is probed and will be loaded; null without a plugin
};

struct SearchOptions {
  std::vector<std::filesystem::path> files;           // --plugin
  std::vector<std::filesystem::path> recipe_folders;  // plugins.search, resolved against the recipe
  bool use_environment = true;                        // false: only what is named above (tests)
};

// All *.so of the places in order, sorted by name within a place; each with its manifest or the reason why it
// has none. Throws Error (kPlugin) for a --plugin file that does not exist or cannot be used, (kUsage) for a
// recipe folder that cannot be read; warns of a folder of the environment that cannot.
std::vector<Candidate> discover(const SearchOptions& options, const RunControl& control = RunControl::none());

// One file on its own, whatever its name.
Candidate look_at_plugin(const std::filesystem::path& file);

// The folders that discover() would look into.
std::vector<std::pair<SearchLevel, std::filesystem::path>> search_places(const SearchOptions& options);

}  // namespace vernier::core
