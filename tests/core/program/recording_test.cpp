// Recordings on disk: names, files, folders, and what is refused.
#include "program/recording.h"

#include <gmock/gmock.h>

#include "core/program/small_tensors.h"
#include "support/expect_error.h"
#include "support/npy_bytes.h"
#include "support/temp_folder.h"
#include "support/tensors.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using testing::int16s;
using testing::int32s;

TEST(Recording, IsAFile) {
  const test::TempFolder folder;
  write_recording(folder / "run.safetensors", {{"0.request.input_ids", int32s({1, 2}, {3, 4})},
                                               {"0.tokens", int32s({2}, {7, 8})},
                                               {"12.prefill.0.head.out.logits", int16s({2}, {5, -6})}});
  const Recording run = Recording::open(folder / "run.safetensors");
  EXPECT_THAT(run.requests(), ElementsAre(0, 12));
  EXPECT_THAT(run.names_behind("0."), ElementsAre("0.request.input_ids", "0.tokens"));
  EXPECT_EQ(run.names().size(), 3U);
  EXPECT_EQ(testing::elements<int32_t>(run.request(0).at("input_ids")), (std::vector<int32_t>{3, 4}));
  EXPECT_EQ(run.tokens(0), (std::vector<int32_t>{7, 8}));
  EXPECT_TRUE(run.request(12).empty());
  EXPECT_TRUE(run.tokens(12).empty());
  EXPECT_EQ(run.tensor("12.prefill.0.head.out.logits").as<int16_t>()[1], -6);
  test::expect_error(ErrorKind::kData, "there is no tensor \"1.tokens\"",
                     [&] { (void)run.tensor("1.tokens"); });
}

TEST(Recording, IsAFolder) {
  const test::TempFolder folder;
  test::write_file(folder / "dump/0.tokens.npy", test::npy_bytes("<i8", "(1,)", std::string(8, '\1')));
  test::write_file(folder / "dump/0.prefill.0.layer.node.layers.0/sum.npy",
                   test::npy_bytes("<i2", "(1,)", std::string("\7\0", 2)));
  test::write_file(folder / "dump/notes.txt", "written by a phone");
  write_recording(folder / "dump/more.safetensors", {{"1.tokens", int32s({1}, {2})}});
  const Recording run = Recording::open(folder / "dump");
  EXPECT_THAT(run.names(), ElementsAre("0.prefill.0.layer.node.layers.0/sum", "0.tokens", "1.tokens"));
  EXPECT_EQ(run.tensor("0.prefill.0.layer.node.layers.0/sum").as<int16_t>()[0], 7);
  EXPECT_EQ(run.tokens(1), std::vector<int32_t>{2});
  test::expect_error(ErrorKind::kData, "72340172838076673 does not fit int32", [&] { (void)run.tokens(0); });
}

TEST(Recording, RefusesWhatIsNone) {
  const test::TempFolder folder;
  const auto refused = [&](const std::string& text) {
    test::expect_error(ErrorKind::kData, text, [&] { (void)Recording::open(folder / "dump"); });
  };
  refused("dump");  // nothing there
  std::filesystem::create_directories(folder / "dump");
  refused("the recording has no tensors");
  for (const char* name : {"tokens", "x.tokens", "-1.tokens", "7"}) {
    test::write_file(folder / "dump" / (std::string(name) + ".npy"), "x");
    refused(std::string("the name \"") + name + "\" does not begin with a request's number and a dot");
    std::filesystem::remove_all(folder / "dump");
  }
  write_recording(folder / "dump/a.safetensors", {{"0.tokens", int32s({1}, {2})}});
  write_recording(folder / "dump/b.safetensors", {{"0.tokens", int32s({1}, {2})}});
  refused("tensor \"0.tokens\" is there twice");
  std::filesystem::remove_all(folder / "dump");
  write_recording(folder / "dump/a.safetensors", {{"0.tokens", test::floats({1}, {2})}});
  const Recording run = Recording::open(folder / "dump");
  test::expect_error(ErrorKind::kData, "0.tokens is float32; tokens are int32 or int64",
                     [&] { (void)run.tokens(0); });
}

}  // namespace
}  // namespace vernier::core
