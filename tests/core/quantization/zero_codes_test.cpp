#include "quantization/zero_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/tensors.h"

namespace vernier::core {
namespace {

using test::floats;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

QParams grid(int64_t axis, std::vector<float> scale) {
  QParams qparams;
  qparams.dtype = kInt8;
  qparams.axis = axis;
  qparams.zero_point.assign(scale.size(), 0);
  qparams.scale = std::move(scale);
  return qparams;
}

struct Case {
  const char* what;
  Shape shape;
  std::vector<float> values;
  int64_t axis;
  std::vector<float> scale;
  std::vector<int64_t> channels;
  bool is_whole;
  float greatest;
};

TEST(ZeroCodes, FindsChannelsThatAreLost) {
  const Case cases[] = {
      {"healthy", {2, 2}, {1, 0, 0, 1}, 0, {1, 1}, {}, false, 0},
      {"a channel that is zero has nothing to lose", {2, 2}, {1, 0, 0, 0}, 0, {1, 1}, {}, false, 0},
      {"all zero", {2, 2}, {0, 0, 0, 0}, 0, {1, 1}, {}, false, 0},
      {"less than half a step", {2, 2}, {1, 0, 0.4f, -0.3f}, 0, {1, 1}, {1}, false, 0.4f},
      {"half a step rounds to even", {2, 1}, {1, -0.5f}, 0, {1, 1}, {1}, false, 0.5f},
      {"just more than half", {2, 1}, {1, -0.50001f}, 0, {1, 1}, {}, false, 0},
      {"the last axis", {2, 3}, {1, 0.1f, 0, 1, 0.2f, 0}, 1, {1, 1, 1}, {1}, false, 0.2f},
      {"in the second row only", {2, 2}, {0, 0.1f, 9, 0.1f}, 1, {1, 1}, {1}, false, 0.1f},
      {"lost or zero everywhere", {2, 2}, {0, 0, 1e-3f, 0}, 0, {1, 1}, {1}, true, 1e-3f},
      {"one scale", {4}, {1e-9f, -2e-9f, 0, 0}, -1, {1e-8f}, {0}, true, 2e-9f},
      {"one scale, one value left", {4}, {1e-9f, 0, 0, 1e-8f}, -1, {1e-8f}, {}, false, 0},
  };
  for (const Case& one : cases) {
    const ZeroCodes found = zero_codes(floats(one.shape, one.values), grid(one.axis, one.scale));
    EXPECT_EQ(found.channels, one.channels) << one.what;
    EXPECT_EQ(found.is_whole, one.is_whole) << one.what;
    EXPECT_EQ(found.greatest, one.greatest) << one.what;
  }
}

}  // namespace
}  // namespace vernier::core
