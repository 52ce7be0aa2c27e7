// What an executor says about a tensor is checked before it is believed.
#include "verify/run_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

struct Said {
  int64_t shape[2] = {2, 3};
  float scale[3] = {0.5f, 0.25f, 1};
  int32_t zero_point[3] = {3, 0, 1};
  uint8_t data[6] = {0, 1, 2, 3, 4, 5};
  vernier_graph_value value{};
  uint64_t length = 6;
  uint64_t output = 0;

  Said() {
    value.size = VERNIER_SIZE_UP_TO(vernier_graph_value, constant_bytes);
    value.name = {"y", 1};
    value.shape = shape;
    value.rank = 2;
    value.dtype = kUInt8;
    value.scale = scale;
    value.zero_point = zero_point;
    value.qparam_count = 1;
    value.axis = -1;
  }
};

TEST(RunResults, KeepACopy) {
  RunResults results(1);
  Said said;
  results.put(0, said.value, said.data, said.length);
  said.data[0] = 9;
  EXPECT_EQ(results.output(0).data.as<uint8_t>()[0], 0);
  EXPECT_EQ(results.output(0).shape, (Shape{2, 3}));
  EXPECT_EQ(results.output(0).qparams->scale, std::vector<float>{0.5f});
  ASSERT_NE(results.find("y"), nullptr);
  EXPECT_EQ(results.find("z"), nullptr);
  said.value.name = {"z", 1};
  said.value.axis = 1;
  said.value.qparam_count = 3;
  results.put(VERNIER_RESULTS_INTERMEDIATE, said.value, said.data, said.length);
  EXPECT_EQ(results.find("z")->qparams->axis, 1);
  EXPECT_EQ(results.intermediates(), 1u);
  ASSERT_EQ(results.nodes().size(), 1u);
  EXPECT_EQ(results.nodes()[0]->name, "z");
}

struct Wrong {
  const char* name;
  std::function<void(Said&)> change;
  const char* message;
};

class WrongResult : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongResult, IsNamed) {
  RunResults results(1);
  Said said;
  GetParam().change(said);
  try {
    results.put(said.output, said.value, said.data, said.length);
    FAIL() << "was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
    EXPECT_THAT(error.what(), ::testing::HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongResult,
    ::testing::Values(
        Wrong{"Length", [](Said& s) { s.length = 5; }, "gave 5 bytes for tensor \"y\": uint8 [2, 3] needs 6"},
        Wrong{"Output", [](Said& s) { s.output = 1; }, "output 1 of 1"},
        Wrong{"NegativeExtent", [](Said& s) { s.shape[0] = -2; }, "the shape [-2, 3]"},
        Wrong{"AbsurdShape", [](Said& s) { s.shape[0] = s.shape[1] = int64_t{1} << 40; }, "the shape"},
        Wrong{"Rank", [](Said& s) { s.value.rank = 1000; }, "the rank 1000"},
        Wrong{"NoShape", [](Said& s) { s.value.shape = nullptr; }, "the rank 2"},
        Wrong{"DType", [](Said& s) { s.value.dtype.bits = 7; }, "unknown dtype"},
        Wrong{"Scale", [](Said& s) { s.scale[0] = 0; }, "the scale 0"},
        Wrong{"QparamCount", [](Said& s) { s.value.qparam_count = 2; }, "2 qparams on axis -1"},
        Wrong{"Axis", [](Said& s) { s.value.axis = 2; }, "on axis 2"},
        Wrong{"NoZeroPoint", [](Said& s) { s.value.zero_point = nullptr; }, "qparams"}),
    [](const auto& one) { return one.param.name; });

TEST(RunResults, AnOutputComesOnceAndMustCome) {
  RunResults results(1);
  test::expect_error(ErrorKind::kPlugin, "the executor gave no output 0", [&] { (void)results.output(0); });
  const Said said;
  results.put(0, said.value, said.data, said.length);
  test::expect_error(ErrorKind::kPlugin, "the executor gave output 0 twice",
                     [&] { results.put(0, said.value, said.data, said.length); });
}

}  // namespace
}  // namespace vernier::core
