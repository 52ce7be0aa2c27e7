// $TMPDIR as a test wants it, for as long as the object lives.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

#include "support/temp_folder.h"

namespace vernier::test {

class TemporaryPlace {
 public:
  TemporaryPlace() {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", folder_.path().c_str(), 1);
  }
  ~TemporaryPlace() {
    if (before_)
      ::setenv("TMPDIR", before_->c_str(), 1);
    else
      ::unsetenv("TMPDIR");
  }
  TemporaryPlace(const TemporaryPlace&) = delete;
  TemporaryPlace& operator=(const TemporaryPlace&) = delete;

  // From now on a folder that does not exist.
  void take_away() { ::setenv("TMPDIR", (folder_ / "gone").c_str(), 1); }
  [[nodiscard]] bool is_empty() const { return std::filesystem::is_empty(folder_.path()); }

 private:
  TempFolder folder_;
  std::optional<std::string> before_;
};

}  // namespace vernier::test
