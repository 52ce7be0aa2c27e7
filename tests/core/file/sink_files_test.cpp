#include "file/sink_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string_view>

#include "support/expect_error.h"
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
  files.write(0, std::as_bytes(std::span(std::string_view("graph"))));
  files.write(data, std::as_bytes(std::span(std::string_view("weights"))));
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
  const std::string longest = "." + std::string(100, 'x');
  for (const std::string& suffix : {std::string(), std::string("."), std::string("data"), std::string("./x"),
                                    std::string(".a/../../x"), std::string(".a b"), longest})
    test::expect_error(ErrorKind::kPlugin, "a companion file cannot end in \"" + suffix + "\"",
                       [&] { files.add(suffix); });
  test::expect_error(ErrorKind::kPlugin, "the companion file m.a is open already", [&] { files.add(".a"); });
}

}  // namespace
}  // namespace vernier::core
