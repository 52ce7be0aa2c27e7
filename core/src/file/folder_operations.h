// The steps that change folders while a set of files gets its names.
#pragma once

#include <filesystem>
#include <string_view>

namespace vernier::core {

// Each step is one system call that the file system does whole or not at all. Errors are Error (kData) with
// the path and the system's reason.
class FolderOperations {
 public:
  virtual ~FolderOperations() = default;

  // Called before each step. A test ends the process here, so that every state between two steps is tried.
  virtual void before(const char* step, const std::filesystem::path& path);

  void rename(const std::filesystem::path& from, const std::filesystem::path& to);
  // False where `to` exists.
  [[nodiscard]] bool rename_new(const std::filesystem::path& from, const std::filesystem::path& to);
  // Both names change places at once. False where the file system cannot do that.
  [[nodiscard]] virtual bool exchange(const std::filesystem::path& one, const std::filesystem::path& other);
  void make_folder(const std::filesystem::path& folder);   // with its parents; it may exist
  void remove_file(const std::filesystem::path& file);     // it may be missing
  void remove_empty(const std::filesystem::path& folder);  // does nothing where something lies in it
  void remove_tree(const std::filesystem::path& folder);
  // A hard link, or a copy with the same time where the file system has no links.
  void link(const std::filesystem::path& from, const std::filesystem::path& to);
  // A new file, on the disk when this returns.
  void write(const std::filesystem::path& file, std::string_view text);
  void sync(const std::filesystem::path& folder);  // its names reach the disk

  static FolderOperations& real();
};

}  // namespace vernier::core
