#include "plugin/trust.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/dll/runtime_symbol_info.hpp>
#include <optional>

namespace vernier::core {

namespace fs = std::filesystem;

namespace {

std::optional<uid_t> owner_of_program() {
  struct stat status {};
  if (::stat(boost::dll::program_location().c_str(), &status) != 0) return {};
  return status.st_uid;
}

std::string distrust_of(const fs::path& path, const char* noun) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};  // who reads it says what is wrong
  const bool keeps_owners = S_ISDIR(status.st_mode) && (status.st_mode & S_ISVTX) != 0;
  if ((status.st_mode & S_IWOTH) != 0 && !keeps_owners)
    return fmt::format(
        "{} may be written by everybody (mode {:04o}): `chmod o-w {}`, or name the library with "
        "--plugin if that is meant",
        noun, status.st_mode & 07777, path.string());
  const uid_t owner = status.st_uid;
  if (owner == 0 || owner == ::geteuid() || owner == owner_of_program()) return {};
  return fmt::format(
      "{} belongs to another user (number {}): `chown` it, or name the library with --plugin if "
      "that is meant",
      noun, owner);
}

}  // namespace

std::string distrust(const fs::path& file) {
  std::string reason = distrust_of(file, "the file");
  return reason.empty() ? distrust_of(file.parent_path(), "its folder") : reason;
}

}  // namespace vernier::core
