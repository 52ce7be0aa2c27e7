// Who may change, or read, the files of a folder.
#pragma once

#include <filesystem>

namespace vernier::core {

// Waits for the lock (flock on the folder itself, so no file appears). Where the folder does not exist, or
// its file system has no locks, this does nothing. A folder that is replaced meanwhile is locked anew.
class FolderLock {
 public:
  enum class Kind { kShared, kExclusive };
  FolderLock(const std::filesystem::path& folder, Kind kind);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace vernier::core
