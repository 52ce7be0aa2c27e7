// Phases, counters, lifetimes and refusals of a run, over units that the test computes itself.
#include "program/program_run.h"

#include <gmock/gmock.h>

#include "core/program/picture_units.h"
#include "core/program/small_tensors.h"
#include "core/program/toy_program.h"
#include "program/generate.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProgramRunTest : public ::testing::Test {
 protected:
  static Request request(const std::vector<int32_t>& tokens) {
    return {{"input_ids", int32s({1, static_cast<int64_t>(tokens.size())}, tokens)}};
  }
  static Request with_pictures(const std::vector<int32_t>& tokens, const Tensor& pixels) {
    Request result = request(tokens);
    result["pixels"] = pixels;
    return result;
  }
  void expect_refused(const Request& request, const std::string& text) {
    test::expect_error(ErrorKind::kData, text, [&] { run_.begin(request); });
  }

  Program program_ = program_of(picture_document());
  Sums units_{program_};
  ProgramRun run_{program_, units_};
};

TEST_F(ProgramRunTest, RunsAPhaseForEachPicture) {
  run_.begin(with_pictures({1, 2}, test::floats({2, 3}, {1, 1, 1, 2, 2, 2})));
  EXPECT_THAT(units_.calls, ElementsAre("look", "look", "count"));
  EXPECT_THAT(units_.seen_rows, ElementsAre(4, 7));
  EXPECT_EQ(run_.token(), (1 + 2 + 4 + 7) % 10);
  EXPECT_EQ(run_.past(), 2);
  EXPECT_EQ(run_.prompt(), 2);
}

TEST_F(ProgramRunTest, LeavesOutPicturesThatARequestHasNot) {
  run_.begin(request({3}));
  EXPECT_THAT(units_.calls, ElementsAre("count"));
  EXPECT_THAT(units_.seen_rows, ElementsAre(-1, -1));  // the fill
  EXPECT_EQ(run_.token(), 1);
  // A request with none is one that lacks them.
  run_.begin(with_pictures({3}, test::floats({0, 3}, {})));
  EXPECT_THAT(units_.seen_rows, ElementsAre(-1, -1));
}

TEST_F(ProgramRunTest, FillsWhatARequestLeavesOpen) {
  // A narrow picture: the rest of its row is 0.5, and so is nothing else.
  run_.begin(with_pictures({1}, test::floats({1, 2}, {1, 2})));
  EXPECT_THAT(units_.seen_rows, ElementsAre(4.5F, -1));
}

TEST_F(ProgramRunTest, BeginsAnewWithEachRequest) {
  run_.begin(with_pictures({1}, test::floats({2, 3}, {1, 1, 1, 2, 2, 2})));
  run_.decode(4);
  run_.begin(request({2, 2}));
  EXPECT_THAT(units_.seen_rows, ElementsAre(-1, -1));
  EXPECT_EQ(run_.past(), 2);
}

TEST_F(ProgramRunTest, DecodesTheTokenThatItIsGiven) {
  run_.begin(request({1, 3}));
  EXPECT_EQ(run_.token(), 2);
  run_.decode(7);
  EXPECT_EQ(run_.token(), 8);
  EXPECT_EQ(run_.past(), 3);
  EXPECT_EQ(elements<float>(run_.value("scores")).at(8), 1);
  run_.decode(8);
  run_.decode(0);
  EXPECT_FALSE(run_.has_room());
  test::expect_error(ErrorKind::kData,
                     "the context is full: 5 tokens were run, and it has room for 5\n  at p.json",
                     [&] { run_.decode(1); });
  EXPECT_EQ(run_.past(), 5);
}

TEST_F(ProgramRunTest, RefusesTokensOutsideTheVocabulary) {
  run_.begin(request({1}));
  test::expect_error(ErrorKind::kData, "token 10 is not legal; tokens are 0 to 9", [&] { run_.decode(10); });
  test::expect_error(ErrorKind::kData, "token -1 is not legal", [&] { run_.decode(-1); });
  EXPECT_EQ(run_.past(), 1);
  expect_refused(request({1, 10}), "element 1 of input_ids is 10; legal are 0 to 9");
}

TEST_F(ProgramRunTest, RefusesRequestsThatDoNotFit) {
  expect_refused({}, "the request lacks input_ids, int32[1, 4]");
  expect_refused(request({}), "the prompt has 0 tokens (input_ids); the program takes 1 to 3");
  expect_refused(request({1, 2, 3, 4}), "the prompt has 4 tokens (input_ids); the program takes 1 to 3");
  expect_refused({{"input_ids", int32s({2}, {1, 2})}},
                 "input_ids of the request is [2], of 1 axes; the program takes [1, 4]");
  expect_refused({{"input_ids", int32s({2, 1}, {1, 2})}},
                 "input_ids of the request is [2, 1]: 2 on axis 0, of which the program takes 1");
  expect_refused({{"input_ids", test::floats({1, 1}, {1})}},
                 "input_ids of the request: float32 where int32 is wanted");
  expect_refused({{"input_ids", tensor_of<int64_t>(kInt64, {1, 1}, {int64_t{1} << 40})}},
                 "input_ids of the request: 1099511627776 does not fit int32");
  Request misspelt = request({1});
  misspelt["pixel"] = test::floats({1, 3}, {1, 2, 3});
  expect_refused(
      misspelt,
      "the request has a tensor pixel, which program pictures does not take\n  did you mean \"pixels\"?");
  expect_refused(with_pictures({1}, test::floats({3, 3}, std::vector<float>(9))),
                 "the request has 3 pictures (pixels); the program takes 0 to 2");
  expect_refused(with_pictures({1}, test::floats({1, 4}, {1, 2, 3, 4})),
                 "pixels of the request is [1, 4]: 4 on axis 1, of which the program takes 1 to 3");
  expect_refused(with_pictures({1}, int32s({1, 3}, {1, 2, 3})),
                 "pixels of the request is int32; the program takes float32");
  EXPECT_THAT(units_.calls, IsEmpty());
}

TEST_F(ProgramRunTest, TakesWiderIntegersThatFit) {
  run_.begin({{"input_ids", tensor_of<int64_t>(kInt64, {1, 2}, {1, 2})}});
  EXPECT_EQ(run_.token(), 1);
}

TEST_F(ProgramRunTest, NamesAResultOfAnotherType) {
  units_.breaks("look");
  expect_refused(with_pictures({1}, test::floats({1, 3}, {1, 2, 3})),
                 "sum of unit look is float32[3]; its buffer soft is float32[1, 1]\n  at p.json "
                 "(/phases/0/steps/1), phase see, picture 0");
  units_.breaks("next");
  run_.begin(request({1, 1}));
  test::expect_error(ErrorKind::kData, "phase speak, past 2", [&] { run_.decode(1); });
  EXPECT_EQ(run_.past(), 2);
}

TEST_F(ProgramRunTest, FreesScratchAndKeepsState) {
  run_.begin(with_pictures({1}, test::floats({1, 3}, {1, 2, 3})));
  test::expect_error(ErrorKind::kData, "buffer soft holds nothing now", [&] { (void)run_.value("soft"); });
  EXPECT_THAT(elements<float>(run_.value("visual")), ElementsAre(7, -1));
  test::expect_error(ErrorKind::kUsage, "did you mean \"visual\"?", [&] { (void)run_.value("visul"); });
}

TEST_F(ProgramRunTest, ChangesNoTensorOfOthers) {
  std::vector<Tensor> seen;
  ProgramRun run(program_, units_, RunControl::none(), [&](const UnitCall& call) {
    if (call.unit == 1) seen.push_back(call.inputs[1]);
  });
  run.begin(with_pictures({1}, test::floats({2, 3}, {1, 1, 1, 2, 2, 2})));
  const Tensor kept = run.value("visual");
  run.begin(with_pictures({1}, test::floats({1, 3}, {0, 0, 0})));
  EXPECT_THAT(elements<float>(kept), ElementsAre(4, 7));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_THAT(elements<float>(seen[0]), ElementsAre(4, 7));
  EXPECT_THAT(elements<float>(seen[1]), ElementsAre(1, -1));
}

TEST_F(ProgramRunTest, ShowsWhatEachUnitIsGiven) {
  std::vector<std::string> seen;
  ProgramRun run(program_, units_, RunControl::none(), [&](const UnitCall& call) {
    seen.push_back(program_.units[call.unit].name + " " + call.step.pointer + " " +
                   std::to_string(call.counters[static_cast<size_t>(Counter::kPast)]) + " " +
                   to_string(call.inputs[0].shape));
  });
  run.begin(with_pictures({1}, test::floats({1, 3}, {1, 1, 1})));
  run.decode(3);
  EXPECT_THAT(seen, ElementsAre("look /phases/0/steps/1 0 [1, 3]", "count /phases/1/steps/0 0 [1, 4]",
                                "next /phases/2/steps/0 1 [1, 1]"));
}

TEST_F(ProgramRunTest, GoesOnFromUnitToUnitWithWhatOthersMade) {
  run_.open(with_pictures({1}, test::floats({1, 3}, {1, 1, 1})));
  const ProgramStep* step = run_.to_unit();
  ASSERT_NE(step, nullptr);
  EXPECT_EQ(step->unit, 0U);
  EXPECT_EQ(run_.to_unit(), step) << "it stands there until it is given something";
  std::vector<Tensor> away(program_.buffers.size());
  run_.swap_buffers(away);
  EXPECT_FALSE(run_.unit_inputs().front().defined());
  run_.swap_buffers(away);
  EXPECT_THAT(elements<float>(run_.unit_inputs().front()), ElementsAre(1, 1, 1));
  run_.give({test::floats({1, 1}, {50})});
  step = run_.to_unit();
  ASSERT_NE(step, nullptr);
  EXPECT_THAT(elements<float>(run_.unit_inputs().at(1)), ElementsAre(50, -1));
  run_.run_unit();
  EXPECT_THAT(units_.calls, ElementsAre("count"));
  EXPECT_EQ(run_.to_unit(), nullptr);
  EXPECT_EQ(run_.past(), 1);
  EXPECT_EQ(run_.token(), (1 + 50 - 1) % 10);
  run_.open_token(7, 3);
  ASSERT_NE(run_.to_unit(), nullptr);
  EXPECT_THAT(elements<int32_t>(run_.unit_inputs().front()), ElementsAre(7));
  test::expect_error(ErrorKind::kData, "unit next gives 0 results; the program has 1\n  at p.json",
                     [&] { run_.give({}); });
  run_.run_unit();
  EXPECT_EQ(run_.to_unit(), nullptr);
  EXPECT_EQ(run_.past(), 4);
}

TEST_F(ProgramRunTest, WhatAPassedUnitShouldHaveMadeHoldsNothing) {
  Program program = program_of(picture_document());
  program.phases[1].steps.pop_back();  // nobody compares scores
  ProgramRun run(program, units_);
  run.open(request({1}));
  ASSERT_NE(run.to_unit(), nullptr);
  run.pass();
  EXPECT_EQ(run.to_unit(), nullptr);
  EXPECT_THAT(units_.calls, IsEmpty());
  test::expect_error(ErrorKind::kData, "buffer scores holds nothing now", [&] { (void)run.value("scores"); });
}

TEST_F(ProgramRunTest, StopsBetweenSteps) {
  RunControl control;
  ProgramRun run(program_, units_, control, [&](const UnitCall&) { control.request_stop(); });
  try {
    run.begin(request({1}));
    ADD_FAILURE() << "nothing stopped";
  } catch (const Error& error) {
    EXPECT_TRUE(error.is_stop());
  }
  EXPECT_THAT(units_.calls, ElementsAre("count"));
}

TEST_F(ProgramRunTest, GeneratesUntilAStopTheLimitOrTheContext) {
  // next: token + 1.
  Generated made = generate(run_, program_, request({3, 3}), {10, std::nullopt});
  EXPECT_THAT(made.tokens, ElementsAre(4, 5, 6, 7));  // three tokens run behind the prompt of two
  EXPECT_EQ(made.end, Generated::End::kContext);
  made = generate(run_, program_, request({9}), {10, std::nullopt});
  EXPECT_THAT(made.tokens, ElementsAre(7, 8, 9));
  EXPECT_EQ(made.end, Generated::End::kStop);
  made = generate(run_, program_, request({9}), {2, std::nullopt});
  EXPECT_THAT(made.tokens, ElementsAre(7, 8));
  EXPECT_EQ(made.end, Generated::End::kLimit);
  made = generate(run_, program_, request({9}), {10, std::vector<int32_t>{7}});
  EXPECT_THAT(made.tokens, ElementsAre(7));
  EXPECT_EQ(made.end, Generated::End::kStop);
  test::expect_error(ErrorKind::kUsage, "0 tokens are to be made", [&] {
    (void)generate(run_, program_, request({9}), {0, {}});
  });
}

TEST_F(ProgramRunTest, ScoresAGivenAnswer) {
  const std::vector<int32_t> answer = {5, 0, 3};
  const std::vector<Tensor> scores = teacher_forced(run_, program_, request({4, 4}), answer);
  ASSERT_EQ(scores.size(), 3U);
  const auto best = [](const Tensor& x) {
    return std::max_element(x.as<float>(), x.as<float>() + 10) - x.as<float>();
  };
  EXPECT_EQ(best(scores[0]), 6);  // 4 + 4, and -1 twice: the fill
  EXPECT_EQ(best(scores[1]), 6);
  EXPECT_EQ(best(scores[2]), 1);
  test::expect_error(ErrorKind::kUsage, "the answer has no tokens",
                     [&] { (void)teacher_forced(run_, program_, request({4}), {}); });
}

TEST(ProgramRunWithoutGeneration, MakesNoTokens) {
  json d = picture_document();
  d.erase("generation");
  d["phases"].erase(2);
  d["units"].erase(2);
  d["buffers"]["token"]["role"] = "result";
  const Program program = program_of(d);
  Sums units(program);
  ProgramRun run(program, units);
  run.begin({{"input_ids", int32s({1, 1}, {5})}});
  EXPECT_FALSE(run.has_room());
  EXPECT_THAT(elements<int32_t>(run.value("token")), ElementsAre(3));
  test::expect_error(ErrorKind::kData, "program pictures has no phase that runs each_token",
                     [&] { run.decode(1); });
  test::expect_error(ErrorKind::kData, "program pictures makes no tokens", [&] {
    (void)generate(run, program, {{"input_ids", int32s({1, 1}, {5})}}, {1, {}});
  });
}

}  // namespace
}  // namespace vernier::core
