#include "file/scratch_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <vector>

#include "support/expect_error.h"
#include "support/temporary_place.h"

namespace vernier::core {
namespace {

std::vector<std::byte> bytes_of(std::initializer_list<int> numbers) {
  std::vector<std::byte> bytes;
  for (const int number : numbers) bytes.push_back(static_cast<std::byte>(number));
  return bytes;
}

TEST(ScratchFile, GivesBackWhatWasWritten) {
  const test::TemporaryPlace place;
  ScratchFile file("a test");
  EXPECT_TRUE(place.is_empty());
  file.write(0, bytes_of({1, 2, 3}));
  file.write(10, bytes_of({7}));
  file.write(1, bytes_of({5}));
  std::vector<std::byte> read(3);
  file.read(0, read);
  EXPECT_EQ(read, bytes_of({1, 5, 3}));
  read.resize(1);
  file.read(10, read);
  EXPECT_EQ(read, bytes_of({7}));
}

TEST(ScratchFile, IsSharedByItsDescriptor) {
  const ScratchFile file("a test");
  std::vector<std::byte> read(2);
  {
    ScratchFile other("the same", dup(file.descriptor()));
    other.write(3, bytes_of({8, 9}));
  }
  file.read(3, read);
  EXPECT_EQ(read, bytes_of({8, 9}));
  test::expect_error(ErrorKind::kData, "2 bytes of a test cannot be read: the file ends before them",
                     [&] { file.read(4, read); });
}

TEST(ScratchFile, MappedBytesOutliveTheirName) {
  const test::TemporaryPlace place;
  const auto mapped = ScratchFile::mapped(bytes_of({1, 2}), "a test");
  EXPECT_TRUE(place.is_empty());
  EXPECT_EQ(std::vector<std::byte>(mapped->bytes().begin(), mapped->bytes().end()), bytes_of({1, 2}));
}

TEST(ScratchFile, WhatIsNotThereCannotBeRead) {
  ScratchFile file("a test");
  file.write(0, bytes_of({1}));
  std::vector<std::byte> read(2);
  test::expect_error(ErrorKind::kData, "2 bytes of a test cannot be read: the file ends before them",
                     [&] { file.read(0, read); });
}

// A full disk, as far as the process can make one: files may not grow.
TEST(ScratchFile, WithoutRoomTheErrorSaysWhatAndWhere) {
  const test::TemporaryPlace place;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto ignored = std::signal(SIGXFSZ, SIG_IGN);
  rlimit none = before;
  none.rlim_cur = 4;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  test::expect_error(ErrorKind::kData, "8 bytes of a test cannot be written",
                     [] { ScratchFile("a test").write(0, std::vector<std::byte>(8)); });
  test::expect_error(ErrorKind::kData, "set TMPDIR to a folder with more room",
                     [] { (void)ScratchFile::mapped(std::vector<std::byte>(8), "a test"); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, ignored);
  EXPECT_TRUE(place.is_empty()) << "the one that would have been mapped is gone too";
}

TEST(ScratchFile, WithoutAFolderTheErrorSaysSo) {
  test::TemporaryPlace place;
  place.take_away();
  test::expect_error(ErrorKind::kData, "there is no place for temporary files",
                     [] { ScratchFile file("a test"); });
}

}  // namespace
}  // namespace vernier::core
