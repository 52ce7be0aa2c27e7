// Gemma4's program with pictures, in float: against the whole model for none, one and two pictures of three
// forms, whole and split towers, fixed grids; and against transformers on a trained model.
#include <gtest/gtest.h>

#include <random>

#include "plugins/programs/gemma4/session_model.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const fs::path kData = fs::path(VERNIER_SOURCE_DIR) / "tests/data";

struct Grid {
  int64_t rows, columns;
};

// gemma4_tiny: patches of 4 x 4 pixels, squares of 2 x 2 patches, heads of 16.
constexpr int64_t kSlots = 24, kWidth = 48, kSide = 2, kHead = 16, kSquares = kSlots / (kSide * kSide);
constexpr int32_t kImage = 300;

// Pictures of random pixels, and what the whole model takes besides them, made without any host step.
class Pictures {
 public:
  Pictures(const std::vector<Grid>& grids, uint32_t seed) : count_(static_cast<int64_t>(grids.size())) {
    const int64_t n = count_;
    pixels = Tensor::allocate(kFloat32, {n, kSlots, kWidth});
    positions = Tensor::allocate(kInt32, {n, kSlots, 2});
    places_ = Tensor::allocate(kInt32, {n, kSlots, 2});
    mask_ = Tensor::allocate(kFloat32, {n, 1, 1, kSlots});
    cos_ = Tensor::allocate(kFloat32, {n, kSlots, kHead});
    sin_ = Tensor::allocate(kFloat32, {n, kSlots, kHead});
    pool_ = Tensor::allocate(kFloat32, {n, kSquares, kSlots});
    std::fill_n(pool_.mutable_as<float>(), pool_.elements(), 0.0F);
    std::mt19937 random(seed);
    for (int64_t picture = 0; picture < n; ++picture) {
      const Grid& grid = grids[static_cast<size_t>(picture)];
      soft_tokens.push_back(grid.rows * grid.columns / (kSide * kSide));
      for (int64_t slot = 0; slot < kSlots; ++slot) fill(picture, slot, grid, random);
    }
  }

  // A prompt with the pictures' placeholders, and the whole model's inputs for it.
  std::vector<int32_t> prompt() const {
    std::vector<int32_t> tokens = {2};
    for (const int64_t count : soft_tokens) {
      tokens.push_back(301);
      tokens.insert(tokens.end(), static_cast<size_t>(count), kImage);
      tokens.push_back(302);
    }
    tokens.insert(tokens.end(), {17, 99});
    return tokens;
  }
  std::vector<Tensor> inputs(const std::vector<int32_t>& tokens) const {
    Tensor source = Tensor::allocate(kInt32, {static_cast<int64_t>(tokens.size())});
    int64_t picture = 0, soft = 0;
    for (size_t i = 0; i < tokens.size(); ++i) {
      source.mutable_as<int32_t>()[i] = static_cast<int32_t>(i);
      if (tokens[i] != kImage) continue;
      while (soft == soft_tokens[static_cast<size_t>(picture)]) ++picture, soft = 0;
      source.mutable_as<int32_t>()[i] =
          static_cast<int32_t>(static_cast<int64_t>(tokens.size()) + picture * kSquares + soft++);
    }
    return {tokens_of(tokens), pixels, places_, mask_, cos_, sin_, pool_, source};
  }
  Request request(const std::vector<int32_t>& tokens) const {
    Request request = {{"input_ids", tokens_of(tokens)}};
    if (count_ > 0) {
      request["pixel_values"] = pixels;
      request["pixel_position_ids"] = positions;
    }
    return request;
  }

  Tensor pixels, positions;
  std::vector<int64_t> soft_tokens;

 private:
  void fill(int64_t picture, int64_t slot, const Grid& grid, std::mt19937& random) {
    const int64_t row = picture * kSlots + slot;
    const bool is_patch = slot < grid.rows * grid.columns;
    const int64_t place[] = {is_patch ? slot % grid.columns : 0, is_patch ? slot / grid.columns : 0};
    for (int64_t axis = 0; axis < 2; ++axis) {
      places_.mutable_as<int32_t>()[2 * row + axis] = static_cast<int32_t>(place[axis]);
      positions.mutable_as<int32_t>()[2 * row + axis] = is_patch ? static_cast<int32_t>(place[axis]) : -1;
    }
    for (int64_t i = 0; i < kWidth; ++i)
      pixels.mutable_as<float>()[row * kWidth + i] =
          is_patch ? static_cast<float>(random() % 256) / 255.0F : 0.0F;
    mask_.mutable_as<float>()[row] = is_patch ? 0.0F : -200.0F;
    constexpr int64_t kHalf = kHead / 2, kPairs = kHalf / 2;
    for (int64_t i = 0; i < kHead; ++i) {
      const double angle = static_cast<double>(place[i / kHalf]) *
                           std::pow(100.0, -static_cast<double>(i % kPairs) / static_cast<double>(kPairs));
      const bool is_first = i % kHalf < kPairs;
      cos_.mutable_as<float>()[row * kHead + i] = static_cast<float>(std::cos(angle));
      sin_.mutable_as<float>()[row * kHead + i] =
          static_cast<float>(is_first ? -std::sin(angle) : std::sin(angle));
    }
    if (!is_patch) return;
    const int64_t square = place[1] / kSide * (grid.columns / kSide) + place[0] / kSide;
    pool_.mutable_as<float>()[(picture * kSquares + square) * kSlots + slot] = 0.25F;
  }

  int64_t count_;
  Tensor places_, mask_, cos_, sin_, pool_;
};

const Grid kTall = {6, 4}, kWide = {2, 6}, kSquare = {4, 4};

void expect_pictures(WholeAndProgram& model, const json& profile, const std::vector<Grid>& grids,
                     uint32_t seed) {
  const Pictures pictures(grids, seed);
  std::vector<int32_t> tokens = pictures.prompt();
  const auto prompt = static_cast<int64_t>(tokens.size());
  for (int32_t more = 40; static_cast<int64_t>(tokens.size()) < kSequence; more += 7) tokens.push_back(more);
  SCOPED_TRACE(profile.dump() + " with " + std::to_string(grids.size()) + " pictures, prompt " +
               std::to_string(prompt));
  const std::vector<float> whole = grids.empty() ? model.whole("text", {tokens_of(tokens)})
                                                 : model.whole("forward", pictures.inputs(tokens));
  auto program = model.program(profile);
  program.run->begin(pictures.request(pictures.prompt()));
  for (int64_t at = prompt; at <= kSequence; ++at) {
    EXPECT_LE(apart(whole, at - 1, program.run->value("logits")), kNear) << "token " << at - 1;
    EXPECT_EQ(program.run->token(), greatest_of(whole, at - 1, kVocabulary));
    if (at < kSequence) program.run->decode(tokens[static_cast<size_t>(at)]);
  }
}

TEST(Gemma4PictureRun, EqualsTheWholeForEachFormAndNumber) {
  WholeAndProgram model(kData / "gemma4_tiny");
  const json profile = {{"sequence", kSequence}, {"image_slots", kSlots}, {"pictures", 2}};
  uint32_t seed = 1;
  for (const std::vector<Grid>& grids :
       std::vector<std::vector<Grid>>{{}, {kTall}, {kWide}, {kSquare}, {kTall, kWide}, {kSquare, kTall}})
    expect_pictures(model, profile, grids, seed++);
}

TEST(Gemma4PictureRun, ASplitTowerIsTheSame) {
  WholeAndProgram model(kData / "gemma4_tiny");
  const json profile = {
      {"sequence", kSequence}, {"image_slots", kSlots}, {"pictures", 2}, {"vision", "split"}};
  expect_pictures(model, profile, {kWide, kSquare}, 7);
}

TEST(Gemma4PictureRun, AStackOfLayersIsTheSame) {
  WholeAndProgram model(kData / "gemma4_tiny");
  const json profile = {
      {"sequence", kSequence}, {"image_slots", kSlots}, {"pictures", 2}, {"granularity", "stack"}};
  expect_pictures(model, profile, {kTall, kSquare}, 9);
  expect_pictures(model, profile, {}, 10);
}

// One size of pictures, built in; the whole is the model without that.
TEST(Gemma4PictureRun, AFixedGridIsTheSameForItsPictures) {
  WholeAndProgram free(kData / "gemma4_tiny"),
      fixed(kData / "gemma4_tiny",
            {{"grid", {{"rows", 4}, {"columns", 4}}}, {"layout", "npu"}, {"image_start", 2}});
  const Pictures square({kSquare}, 11), wide({kWide}, 12);
  const std::vector<float> whole = free.whole("forward", square.inputs(square.prompt()));
  const auto last = static_cast<int64_t>(square.prompt().size()) - 1;
  for (const char* compat : {"none", "tico"}) {
    for (const char* vision : {"whole", "split"}) {
      SCOPED_TRACE(std::string(compat) + " " + vision);
      auto program = fixed.program(
          {{"sequence", kSequence}, {"image_slots", kSlots}, {"vision", vision}, {"compat", compat}});
      program.run->begin(square.request(square.prompt()));
      EXPECT_LE(apart(whole, last, program.run->value("logits")), kNear);
      test::expect_error(ErrorKind::kData, "/phases/0/steps/2",
                         [&] { program.run->begin(wide.request(wide.prompt())); });
    }
  }
  // Where the files have the picture's place built in, it stands there or is refused.
  auto tico = fixed.program({{"sequence", kSequence}, {"image_slots", kSlots}, {"compat", "tico"}});
  std::vector<int32_t> moved = square.prompt();
  moved.insert(moved.begin(), 2);
  test::expect_error(ErrorKind::kData, "/phases/1/steps/", [&] { tico.run->begin(square.request(moved)); });
}

TEST(Gemma4PictureRun, TokensAndPicturesMustAgree) {
  WholeAndProgram model(kData / "gemma4_tiny");
  auto program = model.program({{"sequence", kSequence}, {"image_slots", kSlots}, {"pictures", 2}});
  const Pictures one({kWide}, 3);
  std::vector<int32_t> fewer = one.prompt();
  fewer.erase(fewer.begin() + 2);
  test::expect_error(ErrorKind::kData, "/phases/1/steps/", [&] { program.run->begin(one.request(fewer)); });
  const Pictures three({kWide, kWide, kWide}, 3);
  test::expect_error(ErrorKind::kData, "pixel", [&] { program.run->begin(three.request(one.prompt())); });
}

// A sample of the trained model's evaluation set: its greedy answer, and transformers' logits along it.
void expect_answer(WholeAndProgram::Made& program, const Checkpoint& samples, const std::string& index) {
  SCOPED_TRACE("sample " + index);
  Request request = {{"input_ids", samples.tensor(index + ".input_ids")}};
  if (samples.contains(index + ".pixel_values_u8")) {
    const Tensor codes = samples.tensor(index + ".pixel_values_u8");
    Tensor pixels = Tensor::allocate(kFloat32, {1, 108, 192});
    for (int64_t i = 0; i < codes.elements(); ++i)
      pixels.mutable_as<float>()[i] = static_cast<float>(codes.as<uint8_t>()[i] / 255.0);
    request["pixel_values"] = pixels;
    Tensor positions = samples.tensor(index + ".pixel_position_ids");
    positions.shape = {1, 108, 2};
    request["pixel_position_ids"] = positions;
  }
  const Tensor answer = samples.tensor(index + ".answer_ids"), wanted = samples.tensor(index + ".logits");
  const std::vector<int32_t> tokens(answer.as<int32_t>(), answer.as<int32_t>() + answer.elements());
  const Program& document = program.made->program;
  EXPECT_EQ(generate(*program.run, document, request, {25, {}}).tokens, tokens);
  const std::vector<Tensor> logits = teacher_forced(*program.run, document, request, tokens);
  ASSERT_EQ(logits.size(), tokens.size());
  const std::vector<float> all(wanted.as<float>(), wanted.as<float>() + wanted.elements());
  for (size_t i = 0; i < logits.size(); ++i)
    EXPECT_LE(apart(all, static_cast<int64_t>(i), logits[i]), 5e-4F) << "token " << i;
}

TEST(Gemma4PictureRun, AnswersAsTransformersDoes) {
  WholeAndProgram model(kData / "gemma4_shapes");
  const Checkpoint samples = Checkpoint::open(kData / "gemma4_programs/samples.safetensors");
  auto program = model.program({{"sequence", 48}, {"image_slots", 108}});
  for (const char* index : {"0", "4", "11", "6"}) expect_answer(program, samples, index);
  auto ring = model.program({{"sequence", 48}, {"image_slots", 108}, {"ring", true}});
  expect_answer(ring, samples, "0");  // 39 tokens, windows of 24
}

}  // namespace
}  // namespace vernier::core::testing
