#include "file/path_place.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/temp_folder.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;
using test::write_file;

TEST(PathPlace, OneFileByEachOfItsNamesIsOnePlace) {
  TempFolder folder;
  write_file(folder / "a/file", "x");
  fs::create_hard_link(folder / "a/file", folder / "hard");
  fs::create_symlink(folder / "a/file", folder / "soft");
  fs::create_symlink("soft", folder / "chain");
  fs::create_directory_symlink(folder / "a", folder / "b");
  const PathPlace file(folder / "a/file");
  for (const char* name :
       {"a/file", "a/./file", "a/../a/file", "b/file", "hard", "soft", "chain", "b/../a/file"})
    EXPECT_TRUE(PathPlace(folder / name).is_same(file)) << name;
  for (const char* name : {"a", "a/File", "a/file2", "file", "a/file/x"})
    EXPECT_FALSE(PathPlace(folder / name).is_same(file)) << name;
}

TEST(PathPlace, WhatDoesNotExistIsComparedByName) {
  TempFolder folder;
  fs::create_directories(folder / "a");
  fs::create_directory_symlink(folder / "a", folder / "b");
  EXPECT_TRUE(PathPlace(folder / "a/new/x").is_same(PathPlace(folder / "b/new/x")));
  EXPECT_TRUE(PathPlace(folder / "a/new/").is_same(PathPlace(folder / "b/new")));
  EXPECT_FALSE(PathPlace(folder / "a/new/x").is_same(PathPlace(folder / "b/new/X")));
  EXPECT_FALSE(PathPlace(folder / "a/new").exists());
}

TEST(PathPlace, InsideIsAtAnyDepthAndNotItself) {
  TempFolder folder;
  fs::create_directories(folder / "a/deep");
  fs::create_directory_symlink(folder / "a/deep", folder / "link");
  const PathPlace a(folder / "a");
  for (const char* name : {"a/x", "a/deep", "a/deep/x/y", "link", "link/x"})
    EXPECT_TRUE(PathPlace(folder / name).is_inside(a)) << name;
  for (const char* name : {"a", "", "ab", "b/x"}) EXPECT_FALSE(PathPlace(folder / name).is_inside(a)) << name;
  EXPECT_TRUE(PathPlace(folder / "new/x/y").is_inside(PathPlace(folder / "new")));
  EXPECT_FALSE(PathPlace(folder / "new").is_inside(PathPlace(folder / "new")));
}

TEST(PathPlace, WhereAFolderIgnoresCaseNewNamesDoToo) {
  TempFolder folder;
  const auto always = [](const fs::path&) { return true; };
  const PathPlace lower(folder / "model.bin", always), upper(folder / "MODEL.Bin", always);
  EXPECT_TRUE(lower.is_same(upper));
  EXPECT_FALSE(ignores_case(folder.path())) << "the temporary folder's file system has case";
}

TEST(PathPlace, ADanglingLinkIsItsOwnPlace) {
  TempFolder folder;
  fs::create_symlink(folder / "nowhere", folder / "link");
  EXPECT_TRUE(PathPlace(folder / "link").is_same(PathPlace(folder / "link")));
  EXPECT_FALSE(PathPlace(folder / "link").is_same(PathPlace(folder / "nowhere")));
  fs::create_symlink("loop", folder / "loop");
  EXPECT_FALSE(PathPlace(folder / "loop/x").exists());
}

// Mounts in a mount namespace of a child of its own.
TEST(PathPlace, ABindMountIsTheFolderThatItShows) {
  TempFolder folder;
  write_file(folder / "a/file", "x");
  fs::create_directories(folder / "mount");
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount((folder / "a").c_str(), (folder / "mount").c_str(), nullptr, MS_BIND, nullptr) != 0)
      ::_exit(77);
    const PathPlace a(folder / "a");
    const bool holds = PathPlace(folder / "mount").is_same(a) &&
                       PathPlace(folder / "mount/new").is_inside(a) &&
                       PathPlace(folder / "mount/new").is_same(PathPlace(folder / "a/new")) &&
                       PathPlace(folder / "mount/file").is_same(PathPlace(folder / "a/file"));
    ::_exit(holds ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no right to mount here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace vernier::core
