#include "file/temporary.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <random>
#include <string>
#include <system_error>
#include <vector>

#include "file/folder_commit.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".vernier-";
constexpr std::string_view kEnd = ".tmp";
constexpr size_t kDigits = 16;
constexpr int kAttempts = 100;
constexpr time_t kDay = 24 * 60 * 60;

std::string random_name() {
  uint64_t number = 0;
  if (::getrandom(&number, sizeof(number), 0) != static_cast<ssize_t>(sizeof(number))) {
    std::random_device device;
    number = uint64_t{device()} << 32 | device();
  }
  return fmt::format("{}{:016x}{}", kPrefix, number, kEnd);
}

bool is_same_entry(int descriptor, const fs::path& path) {
  struct stat open {
  }, named{};
  return ::fstat(descriptor, &open) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

bool has_no_locks(int error) {
  return error == ENOLCK || error == EOPNOTSUPP || error == EINVAL || error == EBADF;
}

// Between its creation and its lock, an entry looks like a leftover. Whoever loses it then makes another one.
template <typename Open>
Temporary make(const fs::path& folder, const Open& open) {
  int reason = EEXIST;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const fs::path path = folder / random_name();
    const int descriptor = open(path);
    if (descriptor < 0) {
      reason = errno;
      if (reason == EEXIST || reason == ENOENT) continue;  // taken, or swept between its two steps
      break;
    }
    const bool is_ours = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || has_no_locks(errno);
    if (is_ours && is_same_entry(descriptor, path)) return {path, descriptor};
    ::close(descriptor);
  }
  throw data_error(
      fmt::format("no temporary entry can be made here: {}", std::generic_category().message(reason)),
      folder.string(), "make the folder writable, or choose another one");
}

void sweep_entry(const fs::path& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || status.st_uid != ::geteuid()) return;
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return;
  const bool is_locked = ::flock(descriptor, LOCK_EX | LOCK_NB) == 0;
  const bool is_old = !is_locked && has_no_locks(errno) && std::time(nullptr) - status.st_mtime > kDay;
  if ((is_locked || is_old) && is_same_entry(descriptor, path)) {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  ::close(descriptor);
}

}  // namespace

bool is_temporary_name(std::string_view name) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (name.size() != kPrefix.size() + kDigits + kEnd.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kEnd))
    return false;
  const std::string_view digits = name.substr(kPrefix.size(), kDigits);
  return std::all_of(digits.begin(), digits.end(), is_digit);
}

// Not mkstemp() and mkdtemp(): their entries are for their owner's eyes only, and the umask cannot be read
// without changing it for all threads.
Temporary make_temporary_file(const fs::path& folder) {
  return make(folder, [](const fs::path& path) {
    return ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  });
}

Temporary make_temporary_folder(const fs::path& folder) {
  return make(folder, [](const fs::path& path) {
    if (::mkdir(path.c_str(), 0777) != 0) return -1;
    return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  });
}

void sweep_temporaries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failure;
  // The stage of an open commit belongs to whoever completes it, see folder_commit.h.
  if (fs::exists(folder / kJournalName, failure)) return;
  for (fs::directory_iterator it(folder, failure), end; !failure && it != end; it.increment(failure)) {
    if (is_temporary_name(it->path().filename().string())) found.push_back(it->path());
  }
  for (const fs::path& path : found) sweep_entry(path);
}

}  // namespace vernier::core
