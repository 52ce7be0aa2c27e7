#include "file/sink_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

TEST(SinkFiles, CompanionsAppearWithTheFile) {
  test::TempFolder folder;
  SinkFiles files(folder / "m.onnx");
  const size_t data = files.add(".data");
  EXPECT_EQ(files.name(0), "m.onnx");
  EXPECT_EQ(files.name(data), "m.onnx.data");
  files.file(0).write("graph");
  files.file(data).write("weights");
  EXPECT_EQ(files.bytes(), 12u);
  EXPECT_FALSE(std::filesystem::exists(folder / "m.onnx.data"));
  files.commit();
  EXPECT_EQ(test::read_file(folder / "m.onnx"), "graph");
  EXPECT_EQ(test::read_file(folder / "m.onnx.data"), "weights");
  EXPECT_EQ(test::files_in(folder.path()), 2u);
}

TEST(SinkFiles, LeaveNothingWithoutCommit) {
  test::TempFolder folder;
  { SinkFiles(folder / "m.onnx").add(".data"); }
  EXPECT_EQ(test::files_in(folder.path()), 0u);
}

TEST(SinkFiles, RefuseWhatIsNoEndOfAName) {
  test::TempFolder folder;
  SinkFiles files(folder / "m");
  files.add(".a");
  for (const char* suffix : {"", ".", "data", "./x", ".a/../../x", ".a b", ".a"})
    EXPECT_THROW(files.add(suffix), Error) << suffix;
  EXPECT_THROW(files.add(std::string("." + std::string(100, 'x'))), Error);
}

}  // namespace
}  // namespace vernier::core
