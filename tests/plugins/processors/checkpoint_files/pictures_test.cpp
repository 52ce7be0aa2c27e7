// Pictures become the patches that the checkpoint was trained on, bit for bit; files that are no pictures are
// refused before they are decoded.
#include <array>

#include "checkpoint/checkpoint.h"
#include "checkpoint_fixture.h"

namespace vernier::core {
namespace {

using nlohmann::json;

json one_picture(const std::string& name) { return {{"prompt", "<bos><|image|>"}, {"images", {name}}}; }

TEST_F(CheckpointFiles, EachPictureHasThePatchesThatTheModelWasTrainedOn) {
  const Checkpoint file = Checkpoint::open(folder_ / "pictures.safetensors");
  const Tensor codes = file.tensor("pixel_values_u8"), places = file.tensor("image_position_ids");
  const auto processor = open_small();
  const std::vector<std::string> names = {"000.png", "001.png", "002.png", "004.png", "007.png", "009.png"};
  for (size_t k = 0; k < names.size(); ++k) {
    SCOPED_TRACE(names[k]);
    const ProcessedRequest made = encode(*processor, one_picture(names[k]));
    const Tensor& pixels = input(made, "pixel_values");
    EXPECT_EQ(pixels.dtype, kFloat32);
    ASSERT_EQ(pixels.shape, (Shape{1, 108, 192}));
    int64_t wrong = 0;
    for (int64_t i = 0; i < pixels.elements(); ++i) {
      const double code = codes.as<uint8_t>()[static_cast<int64_t>(k) * pixels.elements() + i];
      wrong += pixels.as<float>()[i] != static_cast<float>(code * (1.0 / 255));
    }
    EXPECT_EQ(wrong, 0);
    ASSERT_EQ(input(made, "pixel_position_ids").shape, (Shape{1, 108, 2}));
    const std::vector<int32_t> positions = integers(made, "pixel_position_ids");
    for (size_t i = 0; i < positions.size(); ++i)
      ASSERT_EQ(positions[i], places.as<int64_t>()[k * positions.size() + i]) << i;
    const int soft_tokens = names[k] == "000.png" || names[k] == "009.png" ? 9 : 12;
    EXPECT_EQ(integers(made, "num_soft_tokens"), std::vector<int32_t>{soft_tokens});
  }
}

// Without options, preprocessor_config.json's 70 soft tokens: the same patches, more slots.
TEST_F(CheckpointFiles, SlotsBehindThePatchesAreEmpty) {
  const ProcessedRequest wide = encode(*open({{"pad_position", 0}}), one_picture("000.png"));
  const ProcessedRequest small = encode(*open_small(), one_picture("000.png"));
  const Tensor& pixels = input(wide, "pixel_values");
  ASSERT_EQ(pixels.shape, (Shape{1, 630, 192}));
  const auto* values = pixels.as<float>();
  EXPECT_TRUE(std::equal(values, values + 81 * 192, input(small, "pixel_values").as<float>()));
  EXPECT_TRUE(std::all_of(values + 81 * 192, values + 630 * 192, [](float one) { return one == 0; }));
  const std::vector<int32_t> positions = integers(wide, "pixel_position_ids");
  EXPECT_EQ(positions[2 * 80], 8);
  EXPECT_TRUE(std::all_of(positions.begin() + 2 * 81, positions.end(), [](int32_t one) { return one == 0; }));
}

// What a static program has room for, as the host says it; who names soft tokens wants those.
TEST_F(CheckpointFiles, APictureGetsTheSlotsThatThereIsRoomFor) {
  const auto slots_of = [this](const json& options) {
    return input(encode(*open(options), one_picture("000.png")), "pixel_values").shape[1];
  };
  const auto limits = [](const json& shape) { return json{{"pixel_values", shape}}; };
  EXPECT_EQ(slots_of({{"limits", limits({1, 108, 192})}}), 108);
  EXPECT_EQ(slots_of({{"limits", limits({1, 110, 192})}}), 108);   // whole squares of 9
  EXPECT_EQ(slots_of({{"limits", limits({1, 5040, 192})}}), 630);  // the checkpoint's own 70 soft tokens
  EXPECT_EQ(slots_of({{"limits", {{"input_ids", {1, 47}}}}}), 630);
  EXPECT_EQ(slots_of({{"limits", limits({1, 108, 192})}, {"max_soft_tokens", 20}}), 180);
  expect_refused(*open({{"limits", limits({1, 72, 192})}}), one_picture("000.png"), VERNIER_INVALID_ARGUMENT,
                 "gives 9x9 patches, and there are 72 slots; make it smaller");
}

TEST_F(CheckpointFiles, SeveralPicturesStandInTheirOrder) {
  const json request = {{"prompt", "<bos><|image|>and<|image|>"}, {"images", {"004.png", "000.png"}}};
  const ProcessedRequest made = encode(*open_small(), request);
  EXPECT_EQ(input(made, "pixel_values").shape, (Shape{2, 108, 192}));
  EXPECT_EQ(integers(made, "num_soft_tokens"), (std::vector<int32_t>{12, 9}));
  EXPECT_EQ(made.pictures, 2u);
  const std::vector<int32_t> ids = integers(made, "input_ids");
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 316), 21);
  EXPECT_EQ(ids[1], 317);
  EXPECT_EQ(ids[14], 318);
}

TEST_F(CheckpointFiles, AGridThatAStaticProfileDoesNotTakeIsRefused) {
  const json options = {{"max_soft_tokens", 12}, {"grids", {{12, 9}, {9, 9}}}};
  const auto processor = open(options);
  EXPECT_EQ(encode(*processor, one_picture("001.png")).pictures, 1u);
  expect_refused(*processor, one_picture("004.png"), VERNIER_INVALID_ARGUMENT,
                 "the picture " + path("004.png") +
                     " gives 9x12 patches (columns x rows); the option \"grids\" takes 12x9, 9x9");
  expect_refused(*open({{"max_soft_tokens", 9}}), one_picture("001.png"), VERNIER_INVALID_ARGUMENT,
                 "gives 12x9 patches, and there are 81 slots");
  expect_refused(*open({{"pooling_kernel_size", 5}}), one_picture("001.png"), VERNIER_INVALID_ARGUMENT,
                 "has 96x72 pixels; the checkpoint resizes none and takes multiples of 40");
}

std::string chunk(const std::string& name, const std::string& data) {
  const auto word = [](uint32_t value) {
    return std::string{static_cast<char>(value >> 24), static_cast<char>(value >> 16),
                       static_cast<char>(value >> 8), static_cast<char>(value)};
  };
  uint32_t crc = ~uint32_t{0};
  for (const char one : name + data) {
    crc ^= static_cast<unsigned char>(one);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320U : 0U);
  }
  return word(static_cast<uint32_t>(data.size())) + name + data + word(~crc);
}

// A PNG that says it has 20000 x 10000 pixels, in a hundred bytes.
std::string bomb() {
  const std::array<unsigned char, 13> header = {0, 0, 0x4E, 0x20, 0, 0, 0x27, 0x10, 8, 2, 0, 0, 0};
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", std::string(header.begin(), header.end())) +
         chunk("IDAT", "\x78\x9c") + chunk("IEND", "");
}

TEST_F(CheckpointFiles, AFileThatIsNoPictureIsRefused) {
  const std::string whole = test::read_file(folder_ / "001.png");
  write("text.png", "this is a text");
  write("empty.png", "");
  write("cut.png", whole.substr(0, whole.size() / 2));
  write("bomb.png", bomb());
  std::filesystem::create_directories(folder_ / "folder.png");
  struct Row {
    const char* name;
    vernier_status status;
    std::string words;
  };
  const Row table[] = {
      {"none.png", VERNIER_NOT_FOUND, "there is no picture " + path("none.png")},
      {"text.png", VERNIER_DATA_LOSS, path("text.png") + " is no picture, or damaged: neither JPEG nor PNG"},
      {"empty.png", VERNIER_DATA_LOSS, path("empty.png") + " is empty (0 bytes)"},
      {"folder.png", VERNIER_DATA_LOSS, path("folder.png") + " is no file"},
      {"cut.png", VERNIER_DATA_LOSS, "the picture " + path("cut.png") + " is damaged"},
      {"bomb.png", VERNIER_INVALID_ARGUMENT,
       path("bomb.png") + " has 20000x10000 pixels, the option \"max_pixels\" allows 67108864"}};
  const auto processor = open_small();
  for (const Row& row : table) expect_refused(*processor, one_picture(row.name), row.status, row.words);
  EXPECT_EQ(encode(*processor, one_picture("001.png")).pictures, 1u) << "it goes on";
  expect_refused(*open({{"max_pixels", 6911}}), one_picture("001.png"), VERNIER_INVALID_ARGUMENT,
                 "has 96x72 pixels, the option \"max_pixels\" allows 6911");
}

TEST_F(CheckpointFiles, APreprocessorOfAnotherKindIsNotGuessed) {
  const json sound = json::parse(test::read_file(folder_ / "preprocessor_config.json"));
  const auto refused = [&](const json& change, vernier_status status, const std::string& words) {
    json config = sound;
    config.merge_patch(change);
    write("preprocessor_config.json", config.dump());
    expect_refused(*open(), one_picture("001.png"), status, words);
  };
  refused({{"image_processor_type", "SiglipImageProcessor"}}, VERNIER_UNIMPLEMENTED,
          "preprocessor_config.json is of SiglipImageProcessor");
  refused({{"do_normalize", true}, {"image_std", {0.5, 0.5, 0.5}}}, VERNIER_UNIMPLEMENTED,
          "wants pixels normalized by a mean and a deviation");
  refused({{"patch_size", "8"}}, VERNIER_DATA_LOSS, "\"patch_size\" of preprocessor_config.json is 8");
  refused({{"resample", 9}}, VERNIER_DATA_LOSS, "\"resample\" of preprocessor_config.json is 9");
  write("preprocessor_config.json", "{");
  expect_refused(*open(), one_picture("001.png"), VERNIER_DATA_LOSS,
                 path("preprocessor_config.json") + " is damaged");
  std::filesystem::remove(folder_ / "preprocessor_config.json");
  expect_refused(*open(), one_picture("001.png"), VERNIER_NOT_FOUND, "has no preprocessor_config.json");
  // Newer checkpoints have it as a part of another file.
  write("processor_config.json", json{{"image_processor", sound}}.dump());
  EXPECT_EQ(input(encode(*open(), one_picture("001.png")), "pixel_values").shape, (Shape{1, 630, 192}));
}

}  // namespace
}  // namespace vernier::core
