#include "file/atomic_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using test::TempFolder;

TEST(AtomicFile, AppearsOnCommit) {
  TempFolder folder;
  AtomicFile file(folder / "deep/down/x");
  file.write("ab__ef");
  file.write_at(2, std::as_bytes(std::span("cd", 2)));
  file.write("gh");
  EXPECT_FALSE(std::filesystem::exists(folder / "deep/down/x"));
  file.commit();
  EXPECT_EQ(test::read_file(folder / "deep/down/x"), "abcdefgh");
  EXPECT_EQ(test::files_in(folder / "deep/down"), 1u);
}

TEST(AtomicFile, LeavesTheOldOneWithoutCommit) {
  TempFolder folder;
  test::write_file(folder / "x", "old");
  { AtomicFile(folder / "x").write("new"); }
  EXPECT_EQ(test::read_file(folder / "x"), "old");
  EXPECT_EQ(test::files_in(folder.path()), 1u);
}

TEST(AtomicFile, NamesThePathItCannotWrite) {
  TempFolder folder;
  test::write_file(folder / "file", "");
  const auto complaint = [](const std::filesystem::path& path) -> std::string {
    try {
      AtomicFile file(path);
      file.commit();
    } catch (const Error& error) {
      return error.format();
    }
    return "";
  };
  EXPECT_THAT(complaint(folder / "file/x"), testing::HasSubstr("the folder cannot be made"));
  std::filesystem::create_directories(folder / "folder/inner");
  EXPECT_THAT(complaint(folder / "folder"), testing::HasSubstr("the file cannot be put in place"));
  EXPECT_EQ(test::files_in(folder.path()), 2u);
}

}  // namespace
}  // namespace vernier::core
