#include "file/temporary.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "file/atomic_file.h"
#include "file/temporary_names.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

namespace fs = std::filesystem;
using test::TempFolder;

constexpr const char* kLeftover = ".vernier-0123456789abcdef.tmp";

TEST(Temporary, NamesAreRandomAndRecognized) {
  TempFolder folder;
  std::set<std::string> names;
  for (int i = 0; i < 100; ++i) {
    const Temporary made = make_temporary_file(folder.path());
    names.insert(made.path.filename().string());
    EXPECT_TRUE(is_temporary_name(made.path.filename().string())) << made.path;
    ::close(made.descriptor);
  }
  EXPECT_EQ(names.size(), 100u);
}

TEST(Temporary, OtherNamesAreNotRecognized) {
  EXPECT_TRUE(is_temporary_name(kLeftover));
  for (const char* name :
       {"", ".vernier-", ".vernier-.tmp", ".vernier-0123456789abcde.tmp", ".vernier-0123456789abcdeg.tmp",
        ".vernier-0123456789ABCDEF.tmp", "vernier-0123456789abcdef.tmp", ".vernier-0123456789abcdef.tm",
        ".vernier-0123456789abcdef0.tmp", "..vernier-0123456789abcdef.tmp", ".vernier-outputs.json"})
    EXPECT_FALSE(is_temporary_name(name)) << name;
}

TEST(Temporary, WhatIsInUseStaysAndWhatIsNotGoes) {
  TempFolder folder;
  const Temporary file = make_temporary_file(folder.path());
  const Temporary inner = make_temporary_folder(folder.path());
  test::write_file(inner.path / "deep/x", "x");
  sweep_temporaries(folder.path());
  EXPECT_TRUE(fs::exists(file.path));
  EXPECT_TRUE(fs::exists(inner.path / "deep/x"));
  ::close(file.descriptor);
  ::close(inner.descriptor);
  sweep_temporaries(folder.path());
  EXPECT_EQ(test::files_in(folder.path()), 0u);
}

TEST(Temporary, WhatAKilledProcessLeftGoesWhateverItsProcessIdWas) {
  TempFolder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const Temporary file = make_temporary_file(folder.path());
    const Temporary inner = make_temporary_folder(folder.path());
    test::write_file(inner.path / "x", "x");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(test::files_in(folder.path()), 2u);
  sweep_temporaries(folder.path());
  EXPECT_EQ(test::files_in(folder.path()), 0u);
}

TEST(Temporary, ASweepTakesNothingElse) {
  TempFolder folder;
  test::write_file(folder / "target/kept", "x");
  test::write_file(folder / ".vernier-outputs.json", "x");
  test::write_file(folder / "x.tmp", "x");
  fs::create_directory_symlink(folder / "target", folder / kLeftover);
  ASSERT_EQ(::mkfifo((folder / ".vernier-0000000000000000.tmp").c_str(), 0600), 0);
  sweep_temporaries(folder.path());
  sweep_temporaries(folder / "missing");
  EXPECT_EQ(test::files_in(folder.path()), 5u);
  EXPECT_TRUE(fs::exists(folder / "target/kept"));
}

TEST(Temporary, AFolderThatCannotBeWrittenIsNamed) {
  TempFolder folder;
  try {
    (void)make_temporary_file(folder / "missing");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.format(), testing::HasSubstr((folder / "missing").string()));
    EXPECT_THAT(error.format(), testing::HasSubstr("No such file or directory"));
  }
}

TEST(Temporary, ALeftoverOfAnyNameDoesNotStopTheNextFile) {
  TempFolder folder;
  test::write_file(folder / ".x.1-0", "of an older version, as process 1");
  test::write_file(folder / kLeftover, "of this one");
  AtomicFile file(folder / "x");
  EXPECT_FALSE(fs::exists(folder / kLeftover));
  file.write("new");
  file.commit();
  EXPECT_EQ(test::read_file(folder / "x"), "new");
}

// What a handler of a crash does: a folder goes with all its files, however many, and links are not followed.
TEST(TemporaryNames, RemoveAFolderWithAllThatLiesInIt) {
  TempFolder folder;
  test::write_file(folder / "kept/x", "x");
  const std::string stage = (folder / "stage").string();
  for (int i = 0; i < 300; ++i)
    test::write_file(folder / ("stage/sub/deep/" + std::string(100, 'f') + std::to_string(i)), "x");
  fs::create_directory_symlink(folder / "kept", folder / "stage/link");
  const std::string file = (folder / "file").string();
  test::write_file(file, "x");
  TemporaryNames::remember(stage.c_str());
  TemporaryNames::remember(file.c_str());
  TemporaryNames::remove_all();
  TemporaryNames::forget(stage.c_str());
  TemporaryNames::forget(file.c_str());
  EXPECT_EQ(test::files_in(folder.path()), 1u);
  EXPECT_TRUE(fs::exists(folder / "kept/x"));
}

}  // namespace
}  // namespace vernier::core
