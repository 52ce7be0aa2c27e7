// What a run of a program is said to take, by hand.
#include "session/program_peak.h"

#include <gtest/gtest.h>

#include "core/graph/graph_builder.h"
#include "report/site_statistics.h"

namespace vernier::core::testing {
namespace {

// x -> site -> neg -> site. Rounded, two values live at a time; in float a site hands its value on.
std::shared_ptr<const Graph> negation(int64_t elements) {
  GraphBuilder b;
  const Shape shape{elements};
  const ValueIndex x = b.input("x", shape);
  const ValueIndex seen = b.node("fake_quantize", {x}, shape);
  const ValueIndex y = b.node("fake_quantize", {b.node("neg", {seen}, shape)}, shape);
  return std::make_shared<const Graph>(b.outputs({y}));
}

class ProgramPeakOfThreePhases : public ::testing::Test {
 protected:
  ProgramPeakOfThreePhases() {
    const auto add = [&](const char* name, int64_t elements, BufferRole role) {
      ProgramBuffer buffer;
      buffer.name = name;
      buffer.dtype = kFloat32;
      buffer.shape = {elements};
      buffer.role = role;
      program_.buffers.push_back(buffer);
    };
    add("a", 10, BufferRole::kScratch);
    add("b", 20, BufferRole::kScratch);
    add("c", 10, BufferRole::kScratch);
    add("in", 10, BufferRole::kRequest);
    add("l", large_, BufferRole::kScratch);
    add("out", 5, BufferRole::kResult);
    add("p", 10, BufferRole::kScratch);
    add("state", large_, BufferRole::kState);
    program_.units.resize(2);
    program_.phases = {
        {"picture", PhaseRuns::kEachPicture, {step(0, {"in"}, {"p"})}},
        {"prefill",
         PhaseRuns::kOnce,
         {step(0, {"in"}, {"a"}), step({}, {"a"}, {"b"}), step(0, {"a"}, {"c"}),
          step({}, {"b", "c"}, {"out"})}},
        {"decode", PhaseRuns::kEachToken, {step(1, {"state"}, {"l"})}},
    };
  }

  [[nodiscard]] ProgramPeak peak() const {
    return {program_, tree_, [this](const ProgramStep& one) { return *one.unit == 0 ? unit_ : large_unit_; }};
  }

  static constexpr int64_t large_ = 100;
  static constexpr uint64_t kStaying = 4 * (10 + 5 + large_);  // in, out and state

  Program program_;
  std::shared_ptr<const Graph> unit_ = negation(10), large_unit_ = negation(large_);

 private:
  [[nodiscard]] ProgramStep step(std::optional<size_t> unit, const std::vector<std::string>& inputs,
                                 const std::vector<std::string>& outputs) const {
    ProgramStep result;
    result.unit = unit;
    const auto wires = [&](const std::vector<std::string>& names) {
      std::vector<Wire> made;
      made.reserve(names.size());
      for (const std::string& name : names)
        made.push_back({name, static_cast<size_t>(program_.find_buffer(name) - program_.buffers.data())});
      return made;
    };
    result.inputs = wires(inputs);
    result.outputs = wires(outputs);
    return result;
  }

  ModuleTree tree_;
};

TEST_F(ProgramPeakOfThreePhases, IsBuffersAndAUnitAtTheLargestStep) {
  ProgramPeak peak = this->peak();
  // The second unit: a and b are there, and two of its own values.
  EXPECT_EQ(peak.of({}), kStaying + 4 * (10 + 20) + 2 * 40);
  EXPECT_EQ(peak.of({true, false}), peak.of({})) << "a picture takes less";
  EXPECT_EQ(peak.of({false, true}), kStaying + 2 * 4 * large_);
}

TEST_F(ProgramPeakOfThreePhases, BuffersAloneMayTakeMost) {
  program_.buffers[1].shape = {1000};  // b
  EXPECT_EQ(peak().of({}), kStaying + 4 * (10 + 1000) + 2 * 40) << "b waits while the second unit runs";
  program_.phases[1].steps.erase(program_.phases[1].steps.begin() + 2);
  EXPECT_EQ(peak().of({}), kStaying + 4 * (10 + 1000));
}

TEST_F(ProgramPeakOfThreePhases, StatisticsHoldEachValueOnce) {
  const std::vector<bool> small = {true, false}, large = {false, true};
  // in, a and c: what the second unit sees first, the first one gave.
  EXPECT_EQ(peak().held({}, small, 0), 3 * 40U);
  EXPECT_EQ(peak().held({true, false}, small, 3), (3 + 3) * 40U) << "and of each picture a result of its own";
  EXPECT_EQ(peak().held({false, true}, large, 0), 2 * 4 * static_cast<uint64_t>(large_));
  EXPECT_EQ(peak().held({false, true}, small, 0), 3 * 40U);
  EXPECT_EQ(peak().held({}, large, 0), 0U) << "the phase of tokens does not run";
}

TEST_F(ProgramPeakOfThreePhases, StatisticsHoldNoMoreThanTheirLimit) {
  constexpr uint64_t kLimit = StatisticsCollector::kHeldBytes;
  large_unit_ = negation(kLimit / sizeof(float));
  EXPECT_EQ(peak().held({false, true}, {false, true}, 0), kLimit) << "the first of two";
  EXPECT_EQ(peak().held({false, true}, {true, true}, 0), 3 * 40U)
      << "what does not fit beside others is not held";
}

}  // namespace
}  // namespace vernier::core::testing
