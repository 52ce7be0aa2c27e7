#include "file/scratch_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "file/temporary.h"
#include "vernier/core/error.h"

namespace vernier::core {

ScratchFile::ScratchFile(std::string what) : ScratchFile(std::move(what), Name::kDropped) {}

ScratchFile::ScratchFile(std::string what, Name name) : what_(std::move(what)) {
  std::error_code reason;
  const std::filesystem::path folder = std::filesystem::temp_directory_path(reason);
  if (reason)
    throw data_error("there is no place for temporary files: " + reason.message(), "$TMPDIR",
                     "set it to a folder that exists");
  const Temporary file = make_temporary_file(folder);
  path_ = file.path;
  descriptor_ = file.descriptor;
  if (name == Name::kKept) return;
  ::unlink(path_.c_str());
  has_name_ = false;
}

ScratchFile::ScratchFile(std::string what, int descriptor)
    : what_(std::move(what)), descriptor_(descriptor), has_name_(false) {}

ScratchFile::~ScratchFile() {
  if (has_name_) ::unlink(path_.c_str());
  ::close(descriptor_);
}

void ScratchFile::write(uint64_t offset, std::span<const std::byte> bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t written =
        ::pwrite(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0)
      throw data_error(
          fmt::format("{} bytes of {} cannot be written: {}", bytes.size(), what_, std::strerror(errno)),
          path_.string(), "set TMPDIR to a folder with more room");
    done += static_cast<size_t>(written);
  }
}

void ScratchFile::read(uint64_t offset, std::span<std::byte> bytes) const {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t got =
        ::pread(descriptor_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0)
      throw data_error(fmt::format("{} bytes of {} cannot be read: {}", bytes.size(), what_,
                                   got == 0 ? "the file ends before them" : std::strerror(errno)),
                       path_.string(), "look at the disk of that folder, or set TMPDIR to another one");
    done += static_cast<size_t>(got);
  }
}

std::shared_ptr<const MappedFile> ScratchFile::mapped(std::span<const std::byte> bytes, std::string what) {
  ScratchFile file(std::move(what), Name::kKept);  // until it is mapped
  file.write(0, bytes);
  return MappedFile::open(file.path_);
}

}  // namespace vernier::core
