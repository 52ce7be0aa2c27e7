// Files of the operators in kernels_volume.cpp, and of SCATTER_ND, that contradict themselves: a case that
// runs, and one change.
#include <gtest/gtest.h>

#include "plugins/executors/circle/case_file.h"
#include "plugins/executors/circle/executor_fixture.h"
#include "support/expect_error.h"

namespace vernier::test {
namespace {

using nlohmann::json;

struct OneChange {
  std::string name, of;
  void (*change)(json&);
  const char* text;
  core::ErrorKind kind = core::ErrorKind::kData;
};
void PrintTo(const OneChange& one, std::ostream* out) { *out << one.name; }

void set_shape(json& tensor, const std::vector<int64_t>& shape) {
  tensor["shape"] = shape;
  tensor["values"] = tensor.at("values").is_array() ? tensor.at("values")[0] : tensor.at("values");
}

const OneChange kChanges[] = {
    {"ConvTransposeOfFewerRows", "TransposeConv_VALID0_uint8",
     [](json& one) {
       one["inputs"][0]["values"] = {2, 6, 4, 4};
       set_shape(one["outputs"][0], {2, 6, 4, 4});
     },
     "wants a result of 6 by 4, which \"operand2\" (uint8 [2, 3, 2, 3]) does not make"},
    {"ConvTransposeOfOtherChannels", "TransposeConv_VALID0_uint8",
     [](json& one) {
       set_shape(one["inputs"][1], {4, 4, 3, 2});
     },
     "has a kernel \"operand1\" (int8 [4, 4, 3, 2]) that does not fit its channels"},
    {"ConvTransposeOfThreeExtents", "TransposeConv_VALID0_uint8",
     [](json& one) {
       one["inputs"][0]["values"] = {8, 4, 4};
       one["inputs"][0]["shape"] = {3};
     },
     "wants four extents as its first operand"},
    {"ConvTransposeBias", "TransposeConv_VALID0_float32", [](json& one) { set_shape(one["inputs"][3], {3}); },
     "wants one bias for each of 4 channels, not \"operand3\" (float32 [3])"},
    {"ConvTransposeWithoutStride", "TransposeConv_VALID0_uint8",
     [](json& one) { one["options"]["stride_h"] = 0; }, "has a window of 4 in steps of 0"},
    {"Conv3dOfAnImage", "Conv3d_VALID_float32",
     [](json& one) {
       set_shape(one["inputs"][0], {1, 4, 3, 2});
     },
     "wants an image [N, D, H, W, C], not \"operand0\" (float32 [1, 4, 3, 2])"},
    {"Conv3dKernelAxes", "Conv3d_VALID_float32",
     [](json& one) {
       set_shape(one["inputs"][1], {2, 1, 3, 6});
     },
     "wants a kernel of five axes, not \"operand1\" (float32 [2, 1, 3, 6])"},
    {"Conv3dInGroups", "Conv3d_VALID_float32",
     [](json& one) {
       set_shape(one["inputs"][1], {2, 1, 3, 1, 3});
     },
     "that does not fit its channels"},
    {"Conv3dResult", "Conv3d_VALID_float32", [](json& one) { one["options"]["stride_d"] = 2; },
     "and the file says"},
    {"ScatterBeyond", "ScatterNd_uint8",
     [](json& one) {
       one["inputs"][0]["values"] = {3, 4};
     },
     "has index 4, which is outside axis 0"},
    {"ScatterBefore", "ScatterNd_Elements",
     [](json& one) { one["inputs"][0]["values"] = {1, 4, 0, 2, 1, -1}; },
     "has index -1, which is outside axis 1"},
    {"ScatterTwice", "ScatterNd_int32",
     [](json& one) {
       one["inputs"][0]["values"] = {3, 3};
     },
     "places two updates at one index, which it would add up", core::ErrorKind::kPlugin},
    {"ScatterRowsOfOtherLength", "ScatterNd_float32",
     [](json& one) {
       set_shape(one["inputs"][1], {2, 2});
     },
     "places \"operand1\" (float32 [2, 2]) by indices \"operand0\" (int32 [2, 1])"},
    {"ScatterByReals", "ScatterNd_float32", [](json& one) { one["inputs"][0]["dtype"] = "float32"; },
     "wants indices of int32 or int64 for the first axes of its result"},
    {"ScatterByMoreAxes", "ScatterNd_float32",
     [](json& one) {
       set_shape(one["inputs"][0], {2, 3});
     },
     "wants indices of int32 or int64 for the first axes of its result"}};

class CircleVolumeRefusal : public testing::TestWithParam<OneChange> {};

TEST_P(CircleVolumeRefusal, IsToldByName) {
  const OneChange& change = GetParam();
  json one;
  for (const json& each : circle_cases()) {
    if (each.at("name") == change.of) one = each;
  }
  ASSERT_FALSE(one.is_null());
  change.change(one);
  CircleExecutor executor;
  core::ExecutedFile file = executor.open_bytes(circle_file(one).bytes());
  expect_error(change.kind, change.text, [&] { file.run(inputs_of(one), false); });
}

INSTANTIATE_TEST_SUITE_P(Changes, CircleVolumeRefusal, testing::ValuesIn(kChanges),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::test
