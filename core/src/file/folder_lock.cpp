#include "file/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace vernier::core {

FolderLock::FolderLock(const std::filesystem::path& folder, Kind kind) {
  for (;;) {
    descriptor_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ < 0) return;
    while (::flock(descriptor_, kind == Kind::kShared ? LOCK_SH : LOCK_EX) != 0 && errno == EINTR) {
    }
    struct stat locked {
    }, named{};
    if (::fstat(descriptor_, &locked) != 0 || ::stat(folder.c_str(), &named) != 0) return;
    if (locked.st_dev == named.st_dev && locked.st_ino == named.st_ino) return;
    ::close(descriptor_);
  }
}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace vernier::core
