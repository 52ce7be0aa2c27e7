#include "file/file_stream.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

TEST(FileStream, GivesTheFileWhatItWasGivenInPieces) {
  test::TempFolder folder;
  // More than a piece by single characters, more than one at once, and an end that fills none.
  const nlohmann::json value = {std::string(200'000, 'x'), std::vector<double>(10'000, -0.1), "end"};
  AtomicFile file(folder / "x");
  FileStream stream(file);
  stream.get() << value;
  for (int i = 0; i < 70'000; ++i) stream.get().put('y');
  EXPECT_LT(file.size(), value.dump().size() + 70'000) << "the last piece waits";
  stream.get() << std::flush;
  file.commit();
  EXPECT_EQ(test::read_file(folder / "x"), value.dump() + std::string(70'000, 'y'));
}

// Not first when all is written: a full disk ends the work at once, with the file's own words.
TEST(FileStream, ThrowsTheFilesErrorWhereAPieceIsWritten) {
  test::TempFolder folder;
  AtomicFile file(folder / "x");
  FileStream stream(file);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit none = {0, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &none), 0);
  test::expect_error(ErrorKind::kData, (folder / "x").string(),
                     [&] { stream.get() << std::string(100'000, 'x'); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
}

}  // namespace
}  // namespace vernier::core
