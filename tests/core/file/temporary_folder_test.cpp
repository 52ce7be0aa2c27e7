#include "file/temporary_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "file/temporary.h"
#include "file/temporary_names.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

// $TMPDIR for one test.
class Tmpdir {
 public:
  explicit Tmpdir(const std::filesystem::path& place) {
    if (const char* before = ::getenv("TMPDIR")) before_ = before;
    ::setenv("TMPDIR", place.c_str(), 1);
  }
  ~Tmpdir() {
    if (before_.empty())
      ::unsetenv("TMPDIR");
    else
      ::setenv("TMPDIR", before_.c_str(), 1);
  }
  Tmpdir(const Tmpdir&) = delete;
  Tmpdir& operator=(const Tmpdir&) = delete;

 private:
  std::string before_;
};

TEST(TemporaryFolder, GoesWithAllThatLiesInIt) {
  const test::TempFolder place;
  const Tmpdir tmpdir(place.path());
  {
    const TemporaryFolder folder;
    EXPECT_EQ(folder.path().parent_path(), place.path());
    EXPECT_TRUE(is_temporary_name(folder.path().filename().string()));
    test::write_file(folder.path() / "deep/file", "x");
    const TemporaryFolder other;
    EXPECT_NE(other.path(), folder.path());
    EXPECT_TRUE(std::filesystem::exists(folder.path())) << "one in use is not swept";
  }
  EXPECT_EQ(test::files_in(place.path()), 0u);
}

TEST(TemporaryFolder, IsRemovedWhereASignalEndsTheProcess) {
  const test::TempFolder place;
  const Tmpdir tmpdir(place.path());
  const TemporaryFolder folder;
  test::write_file(folder.path() / "file", "x");
  TemporaryNames::remove_all();
  EXPECT_EQ(test::files_in(place.path()), 0u);
}

TEST(TemporaryFolder, SweepsWhatAKillLeft) {
  const test::TempFolder place;
  const Tmpdir tmpdir(place.path());
  test::write_file(place / ".vernier-0123456789abcdef.tmp/file", "x");
  { const TemporaryFolder folder; }
  EXPECT_EQ(test::files_in(place.path()), 0u);
}

TEST(TemporaryFolder, WithoutAPlaceIsAnError) {
  const Tmpdir tmpdir("/nowhere/at/all");
  test::expect_error(ErrorKind::kData, "no place for temporary files", [] { const TemporaryFolder folder; });
}

}  // namespace
}  // namespace vernier::core
