// A calibration sample that goes from unit to unit with what others made.
#include "session/sample_run.h"

#include <gmock/gmock.h>

#include "core/program/picture_units.h"
#include "support/expect_error.h"
#include "support/tensors.h"

namespace vernier::core {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kLook = 0, kCount = 1, kNext = 2;

// Two pictures, and three tokens, the last of which is run behind the others. All values wait in a store of
// `most_bytes`.
class SampleRunTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  [[nodiscard]] static ProgramSample sample() {
    return {{{"input_ids", int32s({1, 2}, {1, 2})}, {"pixels", test::floats({2, 3}, {1, 1, 1, 2, 2, 2})}},
            {3, 4}};
  }
  std::vector<float> floats_at(size_t unit, size_t place, size_t input) {
    const auto inputs = run_.inputs({unit, place});
    return inputs ? elements<float>(inputs->at(input)) : std::vector<float>{};
  }

  const Program document_ = program_of(picture_document());
  const OwnRequest own_ = own_request(document_, sample());
  const Program program_ = calibration_of(document_, own_.prompt);
  Sums units_{program_};
  RunControl control_;
  Store store_{GetParam()};
  SampleRun run_{own_, program_, {{0, 1, 2}, {false, false, true}}, units_, control_, store_};
};

TEST_P(SampleRunTest, RunsNothingItself) {
  EXPECT_EQ(run_.at(), (SampleCall{kLook, 0}));
  EXPECT_THAT(floats_at(kLook, 0, 0), ElementsAre(1, 1, 1));
  run_.give({test::floats({1, 1}, {10})});
  EXPECT_THAT(floats_at(kLook, 1, 0), ElementsAre(2, 2, 2));
  run_.give({test::floats({1, 1}, {20})});
  EXPECT_THAT(floats_at(kCount, 0, 1), ElementsAre(10, 20));
  run_.give({test::floats({1, 1, 10}, std::vector<float>(10))});
  EXPECT_EQ(run_.at(), (SampleCall{kNext, 0}));
  EXPECT_THAT(elements<int32_t>(run_.inputs({kNext, 0})->front()), ElementsAre(3));
  run_.give({test::floats({1, 1, 10}, std::vector<float>(10))});
  EXPECT_EQ(run_.at(), std::nullopt);
  EXPECT_THAT(units_.calls, IsEmpty());
}

TEST_P(SampleRunTest, KeepsWhatItPassesForThoseWhoAskLater) {
  EXPECT_THAT(floats_at(kCount, 0, 1), ElementsAre(4, 7));
  EXPECT_THAT(units_.calls, ElementsAre("look", "look"));
  EXPECT_THAT(floats_at(kLook, 1, 0), ElementsAre(2, 2, 2));
  EXPECT_THAT(floats_at(kLook, 0, 0), ElementsAre(1, 1, 1));
  run_.forget(kLook);
  EXPECT_EQ(run_.inputs({kLook, 0}), std::nullopt);
  EXPECT_EQ(run_.at(), (SampleCall{kCount, 0}));
}

TEST_P(SampleRunTest, WhatWasAskedForOnceIsNotKept) {
  EXPECT_THAT(floats_at(kLook, 0, 0), ElementsAre(1, 1, 1));
  EXPECT_THAT(floats_at(kLook, 1, 0), ElementsAre(2, 2, 2));
  EXPECT_THAT(units_.calls, ElementsAre("look")) << "nobody gave what it made";
  EXPECT_EQ(run_.inputs({kLook, 0}), std::nullopt);
  EXPECT_THAT(floats_at(kLook, 1, 0), ElementsAre(2, 2, 2)) << "it stands there";
}

// Nothing reads scores: they need not be made.
TEST_P(SampleRunTest, PassesAUnitThatNobodyReads) {
  EXPECT_THAT(elements<int32_t>(run_.inputs({kNext, 0})->front()), ElementsAre(3));
  EXPECT_THAT(units_.calls, ElementsAre("look", "look"));
  test::expect_error(ErrorKind::kInternal, "less often than it has steps", [&] {
    (void)run_.inputs({kNext, 1});
  });
}

TEST_P(SampleRunTest, LeavesNothingInTheStore) {
  Store store(GetParam());
  {
    SampleRun run(own_, program_, {{0, 1, 2}, {false, false, true}}, units_, control_, store);
    (void)run.inputs({kCount, 0});
    EXPECT_GT(store.size(), 0U);
  }
  EXPECT_EQ(store.size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(InMemoryAndInAFile, SampleRunTest, ::testing::Values(1U << 20, 0U));

}  // namespace
}  // namespace vernier::core
