#include "file/output_manifest.h"

#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kVersion = 1;

}  // namespace

std::optional<FileStamp> stamp_of(const fs::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return FileStamp{static_cast<uint64_t>(status.st_size),
                   static_cast<int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

bool is_inner_path(const std::string& path) {
  const fs::path each(path);
  if (path.empty() || each.is_absolute() || !each.has_filename()) return false;
  for (const fs::path& part : each) {
    if (part == ".." || part == "." || part.empty()) return false;
  }
  return true;
}

std::optional<OutputManifest> read_manifest(const fs::path& folder) {
  if (!stamp_of(folder / kManifestName)) return std::nullopt;
  std::ifstream in(folder / kManifestName, std::ios::binary);
  const json document = json::parse(in, nullptr, /*allow_exceptions=*/false);
  try {
    if (document.at("version") != kVersion) return std::nullopt;
    OutputManifest manifest{document.at("recipe"), document.at("complete"), {}, document.at("previous")};
    for (const auto& [path, stamp] : document.at("files").items()) {
      if (!is_inner_path(path)) return std::nullopt;
      manifest.files[path] = {stamp.at("bytes"), stamp.at("modified")};
    }
    return manifest;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string to_text(const OutputManifest& manifest) {
  json files = json::object();
  for (const auto& [path, stamp] : manifest.files)
    files[path] = {{"bytes", stamp.bytes}, {"modified", stamp.modified}};
  const json document = {{"version", kVersion},
                         {"recipe", manifest.recipe},
                         {"complete", manifest.complete},
                         {"files", files},
                         {"previous", manifest.previous}};
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

bool holds_only(const fs::path& folder, const std::optional<OutputManifest>& manifest) {
  std::set<fs::path> folders;  // that hold files of the manifest
  if (manifest) {
    for (const auto& [path, stamp] : manifest->files) {
      for (fs::path parent = fs::path(path).parent_path(); !parent.empty(); parent = parent.parent_path())
        folders.insert(parent);
    }
  }
  std::error_code failure;
  for (fs::recursive_directory_iterator it(folder, failure), end; !failure && it != end;
       it.increment(failure)) {
    if (!manifest) return false;
    const fs::path path = it->path().lexically_relative(folder);
    if (path == kManifestName) continue;
    if (it->is_directory(failure) && !it->is_symlink(failure)) {
      if (!folders.contains(path)) return false;
      continue;
    }
    const auto listed = manifest->files.find(path.string());
    if (listed == manifest->files.end() || stamp_of(it->path()) != listed->second) return false;
  }
  return !failure;
}

}  // namespace vernier::core
