// A folder of our own that is gone when its owner is.
#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vernier/error.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <system_error>

namespace vernier::python {

// Its name and its lock are those of the host's temporary folders (core/src/file/temporary.h), so the host's
// next command removes a folder that a killed process left.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    const std::filesystem::path place = std::filesystem::temp_directory_path();
    std::random_device device;
    for (int attempt = 0; attempt < 100 && lock_ < 0; ++attempt) {
      char name[48];
      std::snprintf(name, sizeof(name), ".vernier-%08x%08x.tmp", device(), device());
      path_ = place / name;
      if (::mkdir(path_.c_str(), 0700) != 0) {
        if (errno == EEXIST) continue;
        break;
      }
      lock_ = lock();
    }
    if (lock_ < 0)
      throw Error(VERNIER_DATA_LOSS,
                  "no temporary folder can be made in " + place.string() + ": " + std::strerror(errno));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
    ::close(lock_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  // -1 where a sweep took the folder before it was locked: then another name is tried.
  [[nodiscard]] int lock() const {
    const int descriptor = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    const bool is_taken = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    struct stat open {
    }, named{};
    if (!is_taken && ::fstat(descriptor, &open) == 0 && ::stat(path_.c_str(), &named) == 0 &&
        open.st_ino == named.st_ino)
      return descriptor;
    ::close(descriptor);
    return -1;
  }

  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace vernier::python
