#include "program/count.h"

#include <gtest/gtest.h>

namespace vernier::core {
namespace {

TEST(Count, IsANumberOrWhatACounterMakesIt) {
  const CounterValues values = {5, 7, 1, 2};  // prompt, past, picture, pictures
  const struct {
    const char* text;
    int64_t value;
    const char* again;
  } rows[] = {{"prompt", 5, "prompt"},
              {"prompt-1", 4, "prompt-1"},
              {"past+3", 10, "past+3"},
              {"picture*12", 12, "picture*12"},
              {"pictures", 2, "pictures"},
              {"pictures*0", 0, "pictures*0"},
              {"past-999999999", -999999992, "past-999999999"},
              {"prompt*1", 5, "prompt"},
              {"prompt+0", 5, "prompt"}};
  for (const auto& row : rows) {
    const std::optional<Count> count = Count::parse(row.text);
    ASSERT_TRUE(count.has_value()) << row.text;
    EXPECT_EQ(count->at(values), row.value) << row.text;
    EXPECT_EQ(count->text(), row.again);
    EXPECT_EQ(Count::parse(count->text()), count) << row.text;
  }
  EXPECT_EQ(Count::of(3).at(values), 3);
  EXPECT_EQ(Count::of(3).text(), "3");
}

TEST(Count, NoOtherTextIsOne) {
  for (const char* text :
       {"", "3", "prompt ", " prompt", "prompts", "prompt-", "prompt+-1", "prompt--1", "prompt/2",
        "prompt-1000000000", "prompt-1x", "2*prompt", "prompt*", "Prompt", "picture12"})
    EXPECT_FALSE(Count::parse(text).has_value()) << text;
}

TEST(Count, HasARangeWhereItsCounterHasOne) {
  CounterRanges ranges;
  ranges[static_cast<size_t>(Counter::kPrompt)] = Range{1, 7};
  EXPECT_EQ(Count::parse("prompt-1")->over(ranges), (Range{0, 6}));
  EXPECT_EQ(Count::parse("prompt*3")->over(ranges), (Range{3, 21}));
  EXPECT_EQ(Count::parse("past")->over(ranges), std::nullopt);
  EXPECT_EQ(Count::of(4).over(ranges), (Range{4, 4}));
}

}  // namespace
}  // namespace vernier::core
