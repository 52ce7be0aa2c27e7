// What a sample becomes before it calibrates a program: its own extents, and steps for each token.
#include "session/sample_program.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/program/small_tensors.h"
#include "core/program/toy_program.h"
#include "support/expect_error.h"

namespace vernier::core::testing {
namespace {

Tensor tokens(const std::vector<int32_t>& values) {
  Tensor row = Tensor::allocate(kInt32, {1, static_cast<int64_t>(values.size())});
  std::ranges::copy(values, row.mutable_as<int32_t>());
  return row;
}

std::vector<int32_t> tokens_of(const Request& request) {
  const Tensor& x = request.at("input_ids");
  return {x.as<int32_t>(), x.as<int32_t>() + x.elements()};
}

Program toy() { return read_program(toy_document().dump(), "toy"); }

TEST(OwnRequest, IsThePromptAndTheAnswerButItsLastToken) {
  const OwnRequest own = own_request(toy(), {{{"input_ids", tokens({3, 4, 5})}}, {6, 7, 8}});
  EXPECT_EQ(tokens_of(own.request), (std::vector<int32_t>{3, 4, 5, 6, 7}));
  EXPECT_EQ(own.prompt, 3);
  EXPECT_EQ(own.tokens, 5);
  EXPECT_EQ(tokens_of(own.without_last()), (std::vector<int32_t>{3, 4, 5, 6}));
  EXPECT_EQ(own.last(), 7);
  EXPECT_EQ(own.bindings().at("sequence"), std::optional<int64_t>(5));
  EXPECT_EQ(own.bindings().at("pictures"), std::optional<int64_t>(0));
  EXPECT_EQ(own.bindings().at("image_slots"), std::nullopt);
}

TEST(OwnRequest, RefusesWhatHasNoExtents) {
  struct Row {
    ProgramSample sample;
    const char* wanted;
  };
  const Row rows[] = {
      {{{}, {}}, "it has no tokens input_ids"},
      {{{{"input_ids", tokens({3})}}, {}}, "prompt and answer have 1 tokens that something follows"},
      {{{{"input_ids", tokens({3})}}, {4}}, "prompt and answer have 1 tokens that something follows"},
      {{{{"input_ids", tokens({1, 2, 3, 4, 5})}}, {6, 7, 8, 9, 10}},
       "prompt and answer have 9 tokens, and the program's context is 8"},
  };
  for (const Row& row : rows)
    test::expect_error(ErrorKind::kData, row.wanted, [&] { (void)own_request(toy(), row.sample); });
}

std::vector<std::string> words_of(const Program& program) {
  std::vector<std::string> words;
  for (const ProgramPhase& phase : program.phases) {
    for (const ProgramStep& step : phase.steps)
      words.push_back(step.unit ? program.units[*step.unit].name : step.host);
  }
  return words;
}

// No cache is filled, no score is capped or compared, and the head runs for prompts of 5, 6, 7 and 8 tokens.
TEST(PrefillOf, RunsTheHeadForEachTokenOfTheAnswer) {
  const Program program = prefill_of(toy(), 5);
  ASSERT_EQ(program.phases.size(), 1U);
  const std::vector<std::string> words = words_of(program);
  EXPECT_EQ(std::ranges::count(words, "write_rows"), 0);
  EXPECT_EQ(std::ranges::count(words, "argmax"), 0);
  EXPECT_EQ(std::ranges::count(words, "embed_prefill"), 1);
  EXPECT_EQ(std::ranges::count(words, "head"), 4);
  std::vector<int64_t> rows;
  for (const ProgramStep& step : program.phases[0].steps) {
    if (step.host == "row") rows.push_back(std::get<Count>(step.arguments.at("index")).at({}));
  }
  EXPECT_EQ(rows, (std::vector<int64_t>{4, 5, 6, 7}));
  for (const ProgramBuffer& buffer : program.buffers) {
    for (const RequestLength& length : buffer.lengths) EXPECT_EQ(length.maximum, 8);
  }
}

// The same prompts, caches of all tokens but the last, and that one behind them; nothing chooses a token.
TEST(CalibrationOf, FillsCachesForTheLastToken) {
  const Program program = calibration_of(toy(), 5);
  ASSERT_EQ(program.phases.size(), 2U);
  std::vector<int64_t> rows, cached;
  for (const ProgramStep& step : program.phases[0].steps) {
    if (step.host == "row") rows.push_back(std::get<Count>(step.arguments.at("index")).at({}));
    if (step.host == "write_rows") cached.push_back(std::get<Count>(step.arguments.at("count")).at({}));
  }
  EXPECT_EQ(rows, (std::vector<int64_t>{4, 5, 6, 7}));
  EXPECT_EQ(cached, (std::vector<int64_t>{7, 7, 7, 7}));
  const std::vector<std::string> words = words_of(program);
  EXPECT_EQ(std::ranges::count(words, "argmax"), 0);
  EXPECT_EQ(std::ranges::count(words, "embed_decode"), 1);
}

// What the phase of each token reads of the prompt's last row is that of the tokens before its own.
TEST(CalibrationOf, LeavesWhatATokenReadsOfThePrompt) {
  json document = toy_document();
  document["buffers"]["last"]["role"] = "state";
  for (json& step : document["phases"][1]["steps"]) {
    if (step.contains("host") && step["host"] == "requantize") step["inputs"]["x"] = "last";
  }
  const Program program = calibration_of(read_program(document.dump(), "toy"), 5);
  std::vector<int64_t> rows;
  for (const ProgramStep& step : program.phases[0].steps) {
    if (step.host == "row") rows.push_back(std::get<Count>(step.arguments.at("index")).at({}));
  }
  EXPECT_EQ(rows, (std::vector<int64_t>{4, 5, 7, 6}));
}

}  // namespace
}  // namespace vernier::core::testing
