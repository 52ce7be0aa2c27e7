#include "file/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "file/temporary.h"
#include "file/temporary_names.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

// The new name itself must reach the disk. A file system that cannot do this (EINVAL) still has the file.
void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target) : target_(std::move(target)) {
  const std::filesystem::path folder =
      target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  std::error_code failure;
  for (std::filesystem::path missing = folder; !missing.empty() && !std::filesystem::exists(missing, failure);
       missing = missing.parent_path()) {
    made_folders_.push_back(missing);
  }
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw data_error(fmt::format("the folder cannot be made: {}", failure.message()), folder.string());
  sweep_temporaries(folder);
  try {
    Temporary made = make_temporary_file(folder);
    temporary_ = std::move(made.path);
    descriptor_ = made.descriptor;
  } catch (const Error& error) {
    remove_made_folders();
    throw data_error("the file cannot be made: " + error.diagnostics().front().what, target_.string());
  }
  TemporaryNames::remember(temporary_.c_str());
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (temporary_.empty()) return;
  TemporaryNames::forget(temporary_.c_str());
  ::unlink(temporary_.c_str());
  remove_made_folders();
}

void AtomicFile::remove_made_folders() const {
  for (const std::filesystem::path& folder : made_folders_)
    ::rmdir(folder.c_str());  // does nothing where others left something
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  write_at(end_, bytes);
  end_ += bytes.size();
}

void AtomicFile::write_at(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("written");
    bytes = bytes.subspan(static_cast<size_t>(written));
    offset += static_cast<uint64_t>(written);
  }
}

void AtomicFile::commit(Names names) {
  if (::fsync(descriptor_) != 0) fail("written");
  // Closed after the rename: until then the lock says that the temporary name is in use.
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail("put in place");
  ::close(descriptor_);
  descriptor_ = -1;
  TemporaryNames::forget(temporary_.c_str());
  temporary_.clear();
  if (names == Names::kNow)
    sync_folder(target_.has_parent_path() ? target_.parent_path() : std::filesystem::path("."));
}

void AtomicFile::fail(const char* action) const {
  const std::string reason = std::generic_category().message(errno);
  throw data_error(fmt::format("the file cannot be {}: {}", action, reason), target_.string());
}

}  // namespace vernier::core
