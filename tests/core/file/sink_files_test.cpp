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

// What a backend throws before the trial cuts it off is its own.
TEST(SinkFiles, OfATrialAreKeptUpToTheByteThatCutsThemOff) {
  const auto text = [](std::string_view one) { return std::as_bytes(std::span(one)); };
  SinkFiles whole("trial", SinkFiles::Trial{12});
  const size_t data = whole.add(".data");
  whole.write(0, text("graph"));
  whole.write(data, text("weights"));
  EXPECT_FALSE(whole.is_cut());
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(whole.take_kept().bytes().data()), 5), "graph");

  SinkFiles cut("trial", SinkFiles::Trial{6});
  cut.write(0, text("graph"));
  EXPECT_FALSE(cut.is_cut());
  test::expect_error(ErrorKind::kPlugin, "the trial ends here", [&] { cut.write(0, text("ed")); });
  EXPECT_TRUE(cut.is_cut());
  test::expect_error(ErrorKind::kPlugin, "the trial ends here", [&] { cut.write(0, text("x")); });
  EXPECT_TRUE(cut.take_kept().empty()) << "a part of a file says nothing of the whole";
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
