#include "program/program_samples.h"

#include <gmock/gmock.h>

#include "core/program/toy_fixture.h"
#include "support/expect_error.h"

namespace vernier::core {
namespace {

using namespace testing;

class ProgramSamplesTest : public Toy {
 protected:
  ProgramSamplesTest() : program_(program_of(toy_document())), model_(options()) {}

  [[nodiscard]] size_t unit(const std::string& name) const {
    return static_cast<size_t>(program_.find_unit(name) - program_.units.data());
  }

  Program program_;
  Model model_;
  EntryUnits units_{program_, *model_.p.services, *model_.p.tree, *model_.device, Reading::kFloat};
};

TEST_F(ProgramSamplesTest, AreWhatEachUnitIsGivenInItsOrder) {
  ProgramSamples samples(program_, units_,
                         {{request({1, 2, 3}), {5, 7, 9}}, {request({4}), {}}, {request({8, 8}), {6}}});
  EXPECT_EQ(samples.count(unit("layer_prefill_0")), 3U);
  EXPECT_EQ(samples.count(unit("layer_decode_0")), 2U);
  const auto prefill = samples.of_unit(unit("embed_prefill")), decode = samples.of_unit(unit("embed_decode"));
  ASSERT_EQ(prefill->samples(), 3U);
  ASSERT_EQ(decode->samples(), 2U);
  EXPECT_TRUE(is_same(prefill->sample(0).at(0), int32s({1, 8}, {1, 2, 3, 0, 0, 0, 0, 0})));
  EXPECT_TRUE(is_same(prefill->sample(2).at(0), int32s({1, 8}, {8, 8, 0, 0, 0, 0, 0, 0})));
  EXPECT_TRUE(is_same(decode->sample(0).at(0), int32s({1, 1}, {5})));
  EXPECT_TRUE(is_same(decode->sample(1).at(0), int32s({1, 1}, {7})));
  // A unit's inputs are what the units before it gave: the graph says the same.
  const auto layer = samples.of_unit(unit("layer_prefill_0"));
  const std::vector<Tensor> hidden =
      units_.entry(unit("embed_prefill")).run(Reading::kFloat, prefill->sample(1));
  EXPECT_TRUE(is_same(layer->sample(1).at(0), hidden.at(0)));
  // Keys of the token before stand in the cache of the next one, not in its own.
  const auto last = samples.of_unit(unit("layer_decode_1"));
  const Tensor first_k = last->sample(0).at(4), second_k = last->sample(1).at(4);
  EXPECT_EQ(std::memcmp(first_k.data, second_k.data, 3 * 8 * 4), 0);
  for (int64_t i = 24; i < 32; ++i) {
    EXPECT_EQ(first_k.as<float>()[i], 0);
    EXPECT_NE(second_k.as<float>()[i], 0);
  }
  samples.release();
  EXPECT_TRUE(is_same(layer->sample(1).at(0), hidden.at(0)));
}

TEST_F(ProgramSamplesTest, CountsPassesOfPictures) {
  const Program program = program_of(picture_document());
  // No unit of it runs here: counting needs none.
  Request two = {{"input_ids", int32s({1, 1}, {1})}, {"pixels", test::floats({2, 3}, std::vector<float>(6))}};
  ProgramSamples samples(program, units_, {{two, {}}, {{{"input_ids", int32s({1, 1}, {1})}}, {}}});
  EXPECT_EQ(samples.count(0), 2U);  // look: two pictures and none
  EXPECT_EQ(samples.count(1), 2U);  // count: each sample
  EXPECT_EQ(samples.count(2), 0U);  // next: no answer
  EXPECT_EQ(samples.of_unit(2)->samples(), 0U);
}

TEST_F(ProgramSamplesTest, KeepNothingOfARunThatFailed) {
  ProgramSamples samples(program_, units_, {{request({1}), {}}, {request({24}), {}}});
  const auto source = samples.of_unit(unit("embed_prefill"));
  for (int i = 0; i < 2; ++i)
    test::expect_error(ErrorKind::kData, "element 0 of input_ids is 24", [&] { (void)source->sample(0); });
}

}  // namespace
}  // namespace vernier::core
