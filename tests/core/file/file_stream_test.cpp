#include "file/file_stream.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/temp_folder.h"

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

}  // namespace
}  // namespace vernier::core
