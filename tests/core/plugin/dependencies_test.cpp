#include "plugin/dependencies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "support/temp_folder.h"

namespace vernier::core {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::string bytes_of(const std::string& name) {
  return test::read_file(std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures" / name / (name + ".so"));
}

Dependencies of(const std::string& bytes) {
  return read_dependencies(ByteSource(std::as_bytes(std::span(bytes))));
}

TEST(Dependencies, OfARealLibrary) {
  const Dependencies found = of(bytes_of("needs_companion"));
  EXPECT_THAT(found.needed, Contains("libcompanion.so"));
  EXPECT_THAT(found.folders, ElementsAre("$ORIGIN"));
  EXPECT_THAT(of(bytes_of("good")).folders, IsEmpty());
}

TEST(Dependencies, OfWhatIsNoLibraryAreNone) {
  for (const std::string& bytes : {std::string(), std::string("text"), std::string(64, '\xff')})
    EXPECT_THAT(of(bytes).needed, IsEmpty());
}

TEST(Dependencies, SurviveTwoThousandMutants) {
  const std::string whole = bytes_of("needs_companion");
  std::mt19937 random(20261);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes = whole.substr(0, i % 4 == 0 ? random() % whole.size() : whole.size());
    for (int k = 0; k < 8 && !bytes.empty(); ++k)
      bytes[k % 2 == 0 ? random() % std::min<size_t>(bytes.size(), 1024) : random() % bytes.size()] =
          static_cast<char>(random());
    for (const std::string& name : of(bytes).needed) EXPECT_LE(name.size(), 4096u);
  }
}

}  // namespace
}  // namespace vernier::core
