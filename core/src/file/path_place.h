// Where a path leads, so that two spellings of one place are known to be one.
#pragma once

#include <sys/types.h>

#include <compare>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace vernier::core {

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

// Whether something has this name; a symbolic link has, also one that leads nowhere.
[[nodiscard]] bool is_there(const std::filesystem::path& path);

// Symbolic links are followed, and what exists is known by device and inode: so hard links, bind mounts and
// names that differ in case in a folder that ignores case are one place.
class PathPlace {
 public:
  // Whether names in this folder that differ in case only are one name; replaced by tests.
  using IgnoresCase = std::function<bool(const std::filesystem::path& folder)>;

  // Never throws for a path that does not exist: its last names are then compared as text.
  explicit PathPlace(const std::filesystem::path& path, const IgnoresCase& ignores_case = {});

  [[nodiscard]] bool is_same(const PathPlace& other) const;
  // Whether this lies below `folder`, at any depth.
  [[nodiscard]] bool is_inside(const PathPlace& folder) const;

  // The absolute path without symbolic links and "..".
  [[nodiscard]] const std::filesystem::path& real() const { return real_; }
  [[nodiscard]] bool exists() const { return missing_.empty(); }
  // What exists of the path, from the deepest to the root. Never empty.
  [[nodiscard]] const std::vector<FileId>& existing() const { return existing_; }

 private:
  std::filesystem::path real_;
  std::vector<FileId> existing_;
  std::vector<std::string> missing_;  // names below existing_.front(); in lower case where case is ignored
};

// The answer of the file system of `folder`: ext4 and f2fs by the folder's flag, vfat, exfat, ntfs and cifs
// always.
[[nodiscard]] bool ignores_case(const std::filesystem::path& folder);

}  // namespace vernier::core
