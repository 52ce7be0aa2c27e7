#include "file_map.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vernier/error.h>

#include <cerrno>
#include <cstring>

namespace circle_executor {

namespace {

// Closes on every way out; the mapping outlives it.
struct Descriptor {
  int number;
  explicit Descriptor(const std::string& path) : number(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

std::string reason() { return std::strerror(errno); }

}  // namespace

FileMap::FileMap(const std::string& path) {
  const Descriptor file(path);
  if (file.number < 0) throw vernier::Error(VERNIER_NOT_FOUND, "the file cannot be opened: " + reason());
  struct stat status {};
  if (::fstat(file.number, &status) != 0)
    throw vernier::Error(VERNIER_DATA_LOSS, "the file's size cannot be read: " + reason());
  if (!S_ISREG(status.st_mode) || status.st_size <= 0)
    throw vernier::Error(VERNIER_DATA_LOSS, "this is no file with bytes in it; give a .circle file");
  size_ = static_cast<uint64_t>(status.st_size);
  void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.number, 0);
  if (mapped == MAP_FAILED) throw vernier::Error(VERNIER_DATA_LOSS, "the file cannot be mapped: " + reason());
  data_ = static_cast<const std::byte*>(mapped);
}

FileMap::~FileMap() { ::munmap(const_cast<std::byte*>(data_), size_); }

}  // namespace circle_executor
