// Gemma4's program in float against the whole model: prompts of every length, decoding to the end of the
// context, beyond the sliding window, through rings, from a table of the host's.
#include <gtest/gtest.h>

#include "plugins/programs/gemma4/session_model.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// Windows of 8 tokens, readers of others' keys, per-layer embeddings.
const std::filesystem::path kTiny = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/gemma4_tiny";

// Ids of no placeholder: pictures are 300.
std::vector<int32_t> some_tokens(int64_t count) {
  std::vector<int32_t> tokens;
  for (int64_t i = 0; i < count; ++i) tokens.push_back(static_cast<int32_t>(3 + i * 41 % 290));
  return tokens;
}
std::vector<int32_t> first_of(const std::vector<int32_t>& tokens, int64_t count) {
  return {tokens.begin(), tokens.begin() + count};
}

// Logits of each token of the context, one after the other put into the program behind a prompt.
void expect_whole(WholeAndProgram& model, const json& profile, const std::vector<int64_t>& prompts,
                  int64_t most_steps) {
  const std::vector<int32_t> tokens = some_tokens(kSequence);
  const std::vector<float> whole = model.whole("text", {tokens_of(tokens)});
  auto program = model.program(profile);
  for (const int64_t prompt : prompts) {
    SCOPED_TRACE(profile.dump() + " prompt " + std::to_string(prompt));
    program.run->begin({{"input_ids", tokens_of(first_of(tokens, prompt))}});
    for (int64_t at = prompt; at <= kSequence; ++at) {
      EXPECT_LE(apart(whole, at - 1, program.run->value("logits")), kNear) << "token " << at - 1;
      EXPECT_EQ(program.run->token(), greatest_of(whole, at - 1, kVocabulary));
      EXPECT_EQ(program.run->past(), at);
      EXPECT_EQ(program.run->has_room(), at < kSequence);
      if (at == kSequence || at == prompt + most_steps) break;
      program.run->decode(tokens[static_cast<size_t>(at)]);
    }
  }
}

TEST(Gemma4TextRun, EqualsTheWholeForEachPrompt) {
  WholeAndProgram model(kTiny);
  std::vector<int64_t> prompts;
  for (int64_t prompt = 1; prompt < kSequence; ++prompt) prompts.push_back(prompt);
  expect_whole(model, {{"sequence", kSequence}, {"pictures", 0}}, prompts, 2);
}

TEST(Gemma4TextRun, EqualsTheWholeToTheEndOfTheContext) {
  WholeAndProgram model(kTiny);
  expect_whole(model, {{"sequence", kSequence}, {"pictures", 0}}, {1, 9}, kSequence);
}

// 7 slots for windows of 8: a prompt within them, one that fills them, one that goes round twice.
TEST(Gemma4TextRun, RingsHoldWhatTheWindowSees) {
  WholeAndProgram model(kTiny);
  expect_whole(model, {{"sequence", kSequence}, {"pictures", 0}, {"ring", true}}, {1, 7, 8, 16, 23},
               kSequence);
}

TEST(Gemma4TextRun, TheHostsTableIsTheUnits) {
  WholeAndProgram model(kTiny);
  expect_whole(model, {{"sequence", kSequence}, {"pictures", 0}, {"per_layer_table", "host"}}, {5}, 3);
}

// The sines' sign and the products' form are the config's; both sides follow it. A text alone in the files
// that have a place for a picture, and with TICO's masks.
TEST(Gemma4TextRun, LayoutNpuIsTheSame) {
  WholeAndProgram model(kTiny, {{"layout", "npu"}});
  expect_whole(model, {{"sequence", kSequence}, {"image_slots", 24}}, {5}, 4);
  expect_whole(model, {{"sequence", kSequence}, {"pictures", 0}, {"compat", "tico"}}, {11}, 4);
}

// Greedy: what the whole model would choose, run again for each token.
TEST(Gemma4TextRun, GreedyTokensAreTheWholes) {
  WholeAndProgram model(kTiny);
  auto program = model.program({{"sequence", kSequence}, {"pictures", 0}});
  for (const int64_t prompt : {6, 12}) {
    std::vector<int32_t> tokens = first_of(some_tokens(kSequence), prompt), wanted;
    while (static_cast<int64_t>(tokens.size()) <= kSequence) {
      const std::vector<float> logits = model.whole("text", {tokens_of(tokens)});
      wanted.push_back(greatest_of(logits, static_cast<int64_t>(tokens.size()) - 1, kVocabulary));
      if (wanted.back() == 1) break;  // eos_token_id
      tokens.push_back(wanted.back());
    }
    const Generated made =
        generate(*program.run, program.made->program,
                 {{"input_ids", tokens_of(first_of(some_tokens(kSequence), prompt))}}, {2 * kSequence, {}});
    EXPECT_EQ(made.tokens, wanted) << "prompt " << prompt;
  }
}

TEST(Gemma4TextRun, RefusesWhatItHasNoRoomFor) {
  WholeAndProgram model(kTiny);
  auto program = model.program({{"sequence", kSequence}, {"pictures", 0}});
  const auto refused = [&](const std::string& text, const std::vector<int32_t>& tokens) {
    test::expect_error(ErrorKind::kData, text, [&] {
      program.run->begin({{"input_ids", tokens_of(tokens)}});
    });
  };
  refused("input_ids", some_tokens(kSequence));
  refused("320", {3, 320});
  refused("/phases/0/steps/0", {3, 300, 4});  // a picture, which this profile has none of
  program.run->begin({{"input_ids", tokens_of(first_of(some_tokens(kSequence), kSequence - 1))}});
  program.run->decode(3);
  EXPECT_FALSE(program.run->has_room());
  test::expect_error(ErrorKind::kData, "24", [&] { program.run->decode(3); });
}

}  // namespace
}  // namespace vernier::core::testing
