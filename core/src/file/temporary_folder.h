// A folder for the work of one command.
#pragma once

#include <filesystem>
#include <string>

namespace vernier::core {

// Removed with all that lies in it when this ends, and where a signal or a crash ends the process; what a
// kill left is swept by the next one.
class TemporaryFolder {
 public:
  // In $TMPDIR, else /tmp. Throws Error (kData) where none can be made.
  TemporaryFolder();
  // In `place`, whose file system the results are on. Throws Error (kData) likewise.
  explicit TemporaryFolder(const std::filesystem::path& place);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  std::string name_;  // stays where it is, for the handler of a signal
  int descriptor_ = -1;
};

}  // namespace vernier::core
