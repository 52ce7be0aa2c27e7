// A folder of our own that is gone when the executor is.
#pragma once

#include <vernier/error.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

namespace vernier::executors {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    const std::string wish = (std::filesystem::temp_directory_path() / "vernier-XXXXXX").string();
    std::vector<char> name(wish.begin(), wish.end());
    name.push_back('\0');
    if (::mkdtemp(name.data()) == nullptr)
      throw Error(VERNIER_DATA_LOSS,
                  "no temporary folder can be made at " + wish + ": " + std::strerror(errno));
    path_ = name.data();
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace vernier::executors
