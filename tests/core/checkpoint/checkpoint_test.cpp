#include "checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/checkpoint/broken_checkpoints.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using test::BrokenCheckpoint;
using test::kWeight;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kData = VERNIER_SOURCE_DIR "/tests/data";

// What opening, or finding a tensor, says; "" when nothing is wrong.
std::string complaint_at(const std::filesystem::path& path, std::string_view tensor = {}) {
  try {
    const Checkpoint checkpoint = Checkpoint::open(path);
    if (!tensor.empty()) (void)checkpoint.tensor(tensor);
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    return error.format();
  }
}

class Broken : public testing::TestWithParam<BrokenCheckpoint> {};

TEST_P(Broken, IsRefusedWithItsName) {
  const BrokenCheckpoint& broken = GetParam();
  TempFolder folder;
  broken.write(folder.path());
  if (!broken.opens) {
    const std::string text = complaint_at(folder.path());
    EXPECT_THAT(text, HasSubstr(broken.message));
    EXPECT_THAT(text, HasSubstr(broken.tensor));
    EXPECT_THAT(text, HasSubstr(folder.path().string()));
    EXPECT_LT(text.size(), 1000u);
    return;
  }
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  if (checkpoint.contains(kWeight)) {
    const TensorInfo info = checkpoint.info(kWeight);
    EXPECT_TRUE(info.dtype != kFloat32 || info.shape != (Shape{64, 32}));
  } else {
    EXPECT_THAT(complaint_at(folder.path(), kWeight), HasSubstr(broken.message));
  }
}

std::string case_name(const testing::TestParamInfo<BrokenCheckpoint>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Tensors, Broken, testing::ValuesIn(test::broken_tensors()), case_name);
INSTANTIATE_TEST_SUITE_P(Files, Broken, testing::ValuesIn(test::broken_files()), case_name);

TEST(Checkpoint, ReadsAFolder) {
  const Checkpoint checkpoint = Checkpoint::open(kData + "/seed_example");
  EXPECT_THAT(checkpoint.files(), ElementsAre("model.safetensors"));
  EXPECT_EQ(checkpoint.config()["vision_config"]["hidden_size"], 32);
  EXPECT_EQ(checkpoint.config_file().filename(), "config.json");
  ASSERT_EQ(checkpoint.list().size(), 1u);
  const TensorInfo info = checkpoint.list()[0];
  EXPECT_EQ(info.name, kWeight);
  EXPECT_EQ(info.dtype, kFloat32);
  EXPECT_EQ(info.shape, (Shape{64, 32}));
  EXPECT_EQ(info.file, "model.safetensors");
  EXPECT_EQ(info.bytes, 8192u);
  EXPECT_EQ(checkpoint.warnings().size(), 0u);
  EXPECT_EQ(checkpoint.tensor(kWeight).bytes(), 8192u);
}

TEST(Checkpoint, ReadsTheTinyModel) {
  const Checkpoint checkpoint = Checkpoint::open(kData + "/gemma4_tiny");
  uint64_t bytes = 0;
  for (const TensorInfo& info : checkpoint.list()) {
    EXPECT_EQ(checkpoint.tensor(info.name).bytes(), info.bytes);
    bytes += info.bytes;
  }
  EXPECT_GT(checkpoint.list().size(), 50u);
  EXPECT_GT(bytes, 700'000u);
  EXPECT_EQ(checkpoint.info(kWeight).dtype, kBFloat16);
}

TEST(Checkpoint, NamesTheNearestTensor) {
  const std::string text =
      complaint_at(kData + "/seed_example", "model.embed_vision.embeding_projection.weight");
  EXPECT_THAT(text, HasSubstr("no tensor \"model.embed_vision.embeding_projection.weight\""));
  EXPECT_THAT(text, HasSubstr("did you mean \"" + kWeight + "\"?"));
}

TEST(Checkpoint, ReadsASingleFileWithoutConfig) {
  const TempFolder folder;
  std::filesystem::copy_file(kData + "/seed_example/model.safetensors", folder / "model.safetensors");
  const Checkpoint checkpoint = Checkpoint::open(folder / "model.safetensors");
  EXPECT_TRUE(checkpoint.contains(kWeight));
  EXPECT_TRUE(checkpoint.config().empty());
  EXPECT_TRUE(checkpoint.config_file().empty());
}

TEST(Checkpoint, ReadsTheConfigBesideASingleFile) {
  const Checkpoint checkpoint = Checkpoint::open(kData + "/gemma4_tiny/model.safetensors");
  EXPECT_EQ(checkpoint.config(), Checkpoint::open(kData + "/gemma4_tiny").config());
  EXPECT_EQ(checkpoint_folder(kData + "/gemma4_tiny/model.safetensors"), kData + "/gemma4_tiny");
  EXPECT_EQ(checkpoint_folder(kData + "/gemma4_tiny"), kData + "/gemma4_tiny");
  EXPECT_EQ(checkpoint_folder("model.safetensors"), ".");
}

TEST(Checkpoint, TellsWhereNamesHaveAnotherPrefix) {
  const Checkpoint checkpoint = Checkpoint::open(kData + "/gemma4_tiny");
  const std::string name = checkpoint.names().front();
  const size_t dot = name.find('.');
  ASSERT_NE(dot, name.npos);
  EXPECT_THAT(complaint_at(kData + "/gemma4_tiny", name.substr(dot + 1)),
              HasSubstr("with \"module\": \"" + name.substr(0, dot) + "\" names begin there"));
  EXPECT_THAT(complaint_at(kData + "/gemma4_tiny", "base." + name),
              HasSubstr("there is \"" + name + "\": without \"module\": \"base\" names begin there"));
}

TEST(Checkpoint, ThatIsWrittenToWhileItIsReadIsTold) {
  const TempFolder folder;
  const std::filesystem::path file = folder / "model.safetensors";
  std::filesystem::copy_file(kData + "/gemma4_tiny/model.safetensors", file);
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  EXPECT_NO_THROW(checkpoint.require_unchanged());
  const auto time = std::filesystem::last_write_time(file);
  std::filesystem::copy_file(file, folder / "other");
  std::filesystem::rename(folder / "other", file);
  EXPECT_NO_THROW(checkpoint.require_unchanged()) << "what is mapped is the one that was there";

  const Checkpoint again = Checkpoint::open(folder.path());
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(-1, std::ios::end).put('x');
  std::filesystem::last_write_time(file, time + std::chrono::hours(1));
  test::expect_error(ErrorKind::kData, file.string(), [&] { again.require_unchanged(); });
  test::expect_error(ErrorKind::kData, "was written to while it was read",
                     [&] { again.require_unchanged(); });
}

TEST(Checkpoint, ReadsAFolderWithOneFileOfAnotherName) {
  TempFolder folder;
  test::with_file("weights.safetensors",
                  test::read_file(kData + "/seed_example/model.safetensors"))(folder.path());
  EXPECT_THAT(Checkpoint::open(folder.path()).files(), ElementsAre("weights.safetensors"));
}

TEST(Checkpoint, ReadsShards) {
  TempFolder folder;
  const std::string two =
      "{" + test::entry("b", "I8", "[2]", "[0,2]") + "," + test::entry("stray", "I8", "[1]", "[2,3]") + "}";
  test::with_index("{\"" + kWeight +
                   R"(":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"})")(
      folder.path());
  test::write_file(folder / "model-00002-of-00002.safetensors", test::safetensors_bytes(two, 3));
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  EXPECT_THAT(checkpoint.names(), ElementsAre("b", kWeight));
  EXPECT_EQ(checkpoint.info("b").file, "model-00002-of-00002.safetensors");
  EXPECT_FALSE(checkpoint.contains("stray"));
  ASSERT_EQ(checkpoint.warnings().size(), 1u);
  EXPECT_THAT(checkpoint.warnings()[0].what, HasSubstr("1 of model-00002-of-00002.safetensors's tensors are "
                                                       "not in the index and are passed over: \"stray\""));
}

TEST(Checkpoint, FollowsLinksLikeThoseOfADownloadCache) {
  TempFolder folder;
  test::write_file(folder / "blobs/abc", test::read_file(kData + "/seed_example/model.safetensors"));
  std::filesystem::create_directories(folder / "snapshot");
  std::filesystem::create_symlink("../blobs/abc", folder / "snapshot/model.safetensors");
  EXPECT_TRUE(Checkpoint::open(folder / "snapshot").contains(kWeight));
}

TEST(Checkpoint, TensorsOutliveIt) {
  Tensor tensor;
  { tensor = Checkpoint::open(kData + "/seed_example").tensor(kWeight); }
  EXPECT_NE(tensor.as<float>()[0], 0.0f);
}

TEST(Checkpoint, RefusesOtherPaths) {
  EXPECT_THAT(complaint_at("/nowhere/at/all"), HasSubstr("the checkpoint is not there"));
  EXPECT_THAT(complaint_at(kData + "/seed_example/config.json"),
              HasSubstr("a folder or a .safetensors file"));
}

}  // namespace
}  // namespace vernier::core
