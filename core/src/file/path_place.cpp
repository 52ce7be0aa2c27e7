#include "file/path_place.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <system_error>

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

constexpr int kCaseFolded = 0x40000000;  // FS_CASEFOLD_FL of newer linux/fs.h

// Of the file systems that ignore case always: vfat, exfat, ntfs, ntfs3, cifs, smb2.
constexpr uint64_t kIgnoring[] = {0x4d44, 0x2011bab0, 0x5346544e, 0x7366746e, 0xff534d42, 0xfe534d42};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

bool ignores_case(const fs::path& folder) {
  struct statfs system {};
  if (::statfs(folder.c_str(), &system) == 0 &&
      std::find(std::begin(kIgnoring), std::end(kIgnoring),
                static_cast<uint64_t>(system.f_type) & 0xffffffff) != std::end(kIgnoring))
    return true;
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  int flags = 0;
  const bool is_known = ::ioctl(descriptor, FS_IOC_GETFLAGS, &flags) == 0;
  ::close(descriptor);
  return is_known && (flags & kCaseFolded) != 0;
}

PathPlace::PathPlace(const fs::path& path, const IgnoresCase& asked) {
  // ".." after a symbolic link leads elsewhere than the text says: what exists is resolved as it was written.
  std::error_code failure;
  fs::path existing = fs::canonical(path, failure);
  std::vector<std::string> missing;
  if (failure) {
    existing = fs::absolute(path, failure).lexically_normal();
    if (!existing.has_filename()) existing = existing.parent_path();  // "folder/"
    fs::path real;
    while (real = fs::canonical(existing, failure), failure && existing.has_relative_path()) {
      missing.insert(missing.begin(), existing.filename().string());
      existing = existing.parent_path();
    }
    existing = std::move(real);
  }
  real_ = existing;
  for (const std::string& name : missing) real_ /= name;
  const bool is_folded = !missing.empty() && (asked ? asked(existing) : ignores_case(existing));
  for (std::string& name : missing) missing_.push_back(is_folded ? lower(std::move(name)) : std::move(name));
  for (fs::path each = existing;; each = each.parent_path()) {
    struct stat status {};
    if (::stat(each.c_str(), &status) == 0) existing_.push_back({status.st_dev, status.st_ino});
    if (!each.has_relative_path()) break;
  }
  if (existing_.empty()) existing_.emplace_back();
}

bool PathPlace::is_same(const PathPlace& other) const {
  return existing_.front() == other.existing_.front() && missing_ == other.missing_;
}

bool PathPlace::is_inside(const PathPlace& folder) const {
  if (folder.missing_.empty()) {
    const auto first = existing_.begin() + (missing_.empty() ? 1 : 0);
    return std::find(first, existing_.end(), folder.existing_.front()) != existing_.end();
  }
  return existing_.front() == folder.existing_.front() && missing_.size() > folder.missing_.size() &&
         std::equal(folder.missing_.begin(), folder.missing_.end(), missing_.begin());
}

}  // namespace vernier::core
