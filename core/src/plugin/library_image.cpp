#include "plugin/library_image.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "plugin/sha256.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

constexpr size_t kPiece = size_t{1} << 16;  // bytes that are copied at once: they stay in the cache
constexpr unsigned kNotExecutable = 0x8;    // MFD_NOEXEC_SEAL of Linux 6.3: mapping the code is still allowed

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) close(number);
  }
};

[[noreturn]] void refuse(const std::string& reason, const fs::path& file) {
  throw data_error(reason, file.string());
}

// Opening a pipe would wait for its other end and opening a device may do something, so the kind is asked
// first.
void open_regular(const fs::path& file, Descriptor& opened, struct stat& status) {
  if (stat(file.c_str(), &status) != 0) refuse(fmt::format("cannot be read: {}", std::strerror(errno)), file);
  if (!S_ISREG(status.st_mode)) refuse("not a regular file", file);
  opened.number = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (opened.number < 0 || fstat(opened.number, &status) != 0)
    refuse(fmt::format("cannot be read: {}", std::strerror(errno)), file);
  if (!S_ISREG(status.st_mode)) refuse("not a regular file", file);
  struct statvfs system {};
  if (fstatvfs(opened.number, &system) == 0 && (system.f_flag & ST_NOEXEC) != 0)
    refuse("its file system is mounted without execution (noexec)", file);
}

// The name shows in /proc/PID/maps, for whoever debugs or profiles.
int anonymous_file(const fs::path& file) {
  const std::string name = file.filename().string().substr(0, 200);
  const int made = memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (made >= 0 || errno != EACCES) return made;
  return memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | kNotExecutable);
}

void write_all(int to, const std::byte* bytes, size_t count, const fs::path& file) {
  while (count > 0) {
    const ssize_t done = write(to, bytes, count);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) refuse(fmt::format("cannot be copied into memory: {}", std::strerror(errno)), file);
    bytes += done;
    count -= static_cast<size_t>(done);
  }
}

// Returns the SHA-256 of what it copied.
std::string copy(int from, uint64_t size, int to, const fs::path& file) {
  const ByteSource source(from, size);
  std::vector<std::byte> piece(std::min<uint64_t>(kPiece, size));
  Sha256 hash;
  for (uint64_t offset = 0; offset < size; offset += piece.size()) {
    piece.resize(std::min<uint64_t>(kPiece, size - offset));
    if (!source.read(offset, piece)) refuse("became shorter while it was read", file);
    hash.update(piece);
    write_all(to, piece.data(), piece.size(), file);
  }
  return hash.finish();
}

}  // namespace

std::shared_ptr<const LibraryImage> LibraryImage::read(const fs::path& file) {
  Descriptor opened;
  struct stat status {};
  open_regular(file, opened, status);
  const auto size = static_cast<uint64_t>(status.st_size);
  const ManifestBytes before = read_manifest_section(ByteSource(opened.number, size));
  if (!before.problem.empty()) refuse(before.problem, file);

  const std::shared_ptr<LibraryImage> image(new LibraryImage(file));
  image->descriptor_ = anonymous_file(file);
  if (image->descriptor_ < 0)
    refuse(fmt::format("cannot be copied into memory: {}", std::strerror(errno)), file);
  image->sha256_ = copy(opened.number, size, image->descriptor_, file);
  constexpr int kSeals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (fcntl(image->descriptor_, F_ADD_SEALS, kSeals) != 0)
    refuse(fmt::format("its copy cannot be sealed: {}", std::strerror(errno)), file);
  image->manifest_ = read_manifest_section(ByteSource(image->descriptor_, size));
  if (!image->manifest_.problem.empty()) refuse(image->manifest_.problem, file);
  return image;
}

LibraryImage::~LibraryImage() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace vernier::core
