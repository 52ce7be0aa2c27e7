#include "plugin/trust.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "support/temp_folder.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

struct Modes {
  int folder, file;
  const char* reason;  // null: trusted
};

TEST(Trust, IsLostWhereEverybodyMayWrite) {
  const Modes rows[] = {{0755, 0644, nullptr},
                        {0775, 0664, nullptr},  // a team's
                        {0755, 0666, "the file may be written by everybody (mode 0666)"},
                        {0777, 0644, "its folder may be written by everybody (mode 0777)"},
                        {01777, 0644, nullptr},  // each file keeps its owner
                        {01777, 0646, "the file may be written by everybody (mode 0646)"}};
  for (const Modes& row : rows) {
    const test::TempFolder folder;
    const fs::path file = folder / "in/plugin.so";
    test::write_file(file, "x");
    fs::permissions(file, static_cast<fs::perms>(row.file));
    fs::permissions(file.parent_path(), static_cast<fs::perms>(row.folder));
    const std::string reason = distrust(file);
    if (row.reason == nullptr)
      EXPECT_EQ(reason, "") << row.folder << " " << row.file;
    else
      EXPECT_THAT(reason, HasSubstr(row.reason));
  }
}

TEST(Trust, IsLostWhereTheOwnerIsSomebodyElse) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const test::TempFolder folder;
  const fs::path file = folder / "plugin.so";
  test::write_file(file, "x");
  ASSERT_EQ(::chown(file.c_str(), 12345, 12345), 0);
  EXPECT_THAT(distrust(file), HasSubstr("the file belongs to another user (number 12345)"));
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(folder.path().c_str(), 12345, 12345), 0);
  EXPECT_THAT(distrust(file), HasSubstr("its folder belongs to another user"));
}

}  // namespace
}  // namespace vernier::core
