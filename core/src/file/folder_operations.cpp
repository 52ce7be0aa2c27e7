#include "file/folder_operations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;

// As linux/fs.h has them; glibc's wrapper is not everywhere.
constexpr unsigned kNoReplace = 1;
constexpr unsigned kExchange = 2;

int rename_with(const fs::path& from, const fs::path& to, unsigned flags) {
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags));
}

bool is_unsupported(int error) {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EXDEV || error == EBUSY;
}

[[noreturn]] void fail(const char* action, const fs::path& path, int error) {
  throw data_error(
      fmt::format("{} cannot be {}: {}", path.string(), action, std::generic_category().message(error)),
      path.string());
}

}  // namespace

void FolderOperations::before(const char*, const fs::path&) {}

void FolderOperations::rename(const fs::path& from, const fs::path& to) {
  before("rename", to);
  if (::rename(from.c_str(), to.c_str()) != 0) fail("put in place", to, errno);
}

bool FolderOperations::rename_new(const fs::path& from, const fs::path& to) {
  before("rename_new", to);
  if (rename_with(from, to, kNoReplace) == 0) return true;
  if (errno == EEXIST || errno == ENOTEMPTY) return false;
  if (!is_unsupported(errno)) fail("put in place", to, errno);
  std::error_code ignored;  // a plain rename of a folder replaces an empty folder only
  if (fs::exists(fs::symlink_status(to, ignored))) return false;
  if (::rename(from.c_str(), to.c_str()) == 0) return true;
  if (errno == EEXIST || errno == ENOTEMPTY) return false;
  fail("put in place", to, errno);
}

bool FolderOperations::exchange(const fs::path& one, const fs::path& other) {
  before("exchange", other);
  if (rename_with(one, other, kExchange) == 0) return true;
  if (is_unsupported(errno)) return false;
  fail("put in place", other, errno);
}

void FolderOperations::make_folder(const fs::path& folder) {
  std::error_code failure;
  if (fs::is_directory(folder, failure)) return;
  before("make_folder", folder);
  fs::create_directories(folder, failure);
  if (failure) fail("made", folder, failure.value());
}

void FolderOperations::remove_file(const fs::path& file) {
  before("remove_file", file);
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) fail("removed", file, errno);
}

void FolderOperations::remove_empty(const fs::path& folder) {
  before("remove_empty", folder);
  ::rmdir(folder.c_str());
}

void FolderOperations::remove_tree(const fs::path& folder) {
  before("remove_tree", folder);
  std::error_code failure;  // what stays is swept by the next command
  fs::remove_all(folder, failure);
}

void FolderOperations::link(const fs::path& from, const fs::path& to) {
  make_folder(to.parent_path());
  before("link", to);
  if (::link(from.c_str(), to.c_str()) == 0) return;
  std::error_code failure;
  fs::copy_file(from, to, failure);
  if (failure) fail("kept", from, failure.value());
  fs::last_write_time(to, fs::last_write_time(from, failure), failure);
  const int descriptor = ::open(to.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || ::fsync(descriptor) != 0) fail("kept", from, errno);
  ::close(descriptor);
}

void FolderOperations::write(const fs::path& file, std::string_view text) {
  before("write", file);
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) fail("written", file, errno);
  bool is_written = true;
  while (is_written && !text.empty()) {
    const ssize_t got = ::write(descriptor, text.data(), text.size());
    is_written = got >= 0 || errno == EINTR;
    if (got > 0) text.remove_prefix(static_cast<size_t>(got));
  }
  is_written = is_written && ::fsync(descriptor) == 0;
  const int error = errno;
  ::close(descriptor);
  if (!is_written) fail("written", file, error);
}

// A file system that cannot do this (EINVAL) still has the names.
void FolderOperations::sync(const fs::path& folder) {
  before("sync", folder);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

FolderOperations& FolderOperations::real() {
  static FolderOperations operations;
  return operations;
}

}  // namespace vernier::core
