// What the runs of vernier wrote into an output folder: only that may a run replace or remove.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace vernier::core {

inline constexpr const char* kManifestName = ".vernier-outputs.json";
inline constexpr const char* kPreviousFolder = "previous";

// A file is the one that was written while its size and its time are those that it was written with.
struct FileStamp {
  uint64_t bytes = 0;
  int64_t modified = 0;  // nanoseconds
  bool operator==(const FileStamp&) const = default;
};

// Nothing where there is no regular file; links are not followed.
[[nodiscard]] std::optional<FileStamp> stamp_of(const std::filesystem::path& file);

struct OutputManifest {
  std::string recipe;                      // absolute path of the recipe that was run last
  bool complete = false;                   // all gates were met: the models are there
  std::map<std::string, FileStamp> files;  // by path in the folder; the manifest itself is not among them
  std::map<std::string, std::string> previous;  // sets kept in previous/<name>/, and their recipes
};

// Nothing where there is none, or none of this form: such a folder holds others' files only.
[[nodiscard]] std::optional<OutputManifest> read_manifest(const std::filesystem::path& folder);
[[nodiscard]] std::string to_text(const OutputManifest& manifest);

// Whether `path` stays inside the folder that it is relative to: a damaged list must not remove anything
// else.
[[nodiscard]] bool is_inner_path(const std::string& path);

// The entries of `folder` are those of the manifest, each as it was written, and nothing else. An empty
// folder is.
[[nodiscard]] bool holds_only(const std::filesystem::path& folder,
                              const std::optional<OutputManifest>& manifest);

}  // namespace vernier::core
