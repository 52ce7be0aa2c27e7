// Samples of a program: from safetensors and from lines of JSON, with and without what a request may lack.
#include "session/program_requests.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/program/toy_program.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "support/tensors.h"

namespace vernier::core::testing {
namespace {

Tensor integers(const Shape& shape, const std::vector<int32_t>& values) {
  Tensor x = Tensor::allocate(kInt32, shape);
  std::ranges::copy(values, x.mutable_as<int32_t>());
  return x;
}

class ProgramRequestsTest : public ::testing::Test {
 protected:
  std::unique_ptr<ProgramRequests> open(const json& inputs, std::optional<int64_t> samples = std::nullopt) {
    RecipeData data;
    data.inputs = inputs;
    data.samples = samples;
    return open_requests(data, program_, folder_.path(), "recipe.json:7:1", {});
  }
  test::TempFolder folder_;
  const Program program_ = read_program(toy_document().dump(), "toy");
};

TEST_F(ProgramRequestsTest, TensorsAreNamedByRequest) {
  test::write_tensors(folder_ / "r.safetensors", {{"input_ids.0", integers({1, 3}, {1, 2, 3})},
                                                  {"answer_ids.0", integers({2}, {4, 5})},
                                                  {"input_ids.1", integers({1, 1}, {9})}});
  const auto requests = open({{"kind", "safetensors"}, {"path", "r.safetensors"}});
  ASSERT_EQ(requests->samples(), 2U);
  EXPECT_EQ(requests->sample(0).request.at("input_ids").shape, (Shape{1, 3}));
  EXPECT_EQ(requests->sample(0).answer, (std::vector<int32_t>{4, 5}));
  EXPECT_EQ(requests->sample(1).answer, std::vector<int32_t>());
  test::expect_error(ErrorKind::kData, "input_ids.2", [&] {
    (void)open({{"kind", "safetensors"}, {"path", "r.safetensors"}}, 3);
  });
}

TEST_F(ProgramRequestsTest, AListOfNumbersIsOneRow) {
  test::write_file(
      folder_ / "r.jsonl",
      "{\"input_ids\": [1, 2, 3], \"answer_ids\": [4], \"kind\": \"word\"}\n{\"input_ids\": [[7, 8]]}\n");
  const auto requests = open({{"kind", "jsonl"}, {"path", "r.jsonl"}});
  ASSERT_EQ(requests->samples(), 2U);
  EXPECT_EQ(requests->sample(0).request.at("input_ids").shape, (Shape{1, 3}));
  EXPECT_EQ(requests->sample(0).answer, (std::vector<int32_t>{4}));
  EXPECT_EQ(requests->sample(1).request.at("input_ids").shape, (Shape{1, 2}));
  const std::string identity = requests->identity();
  test::write_file(folder_ / "r.jsonl",
                   "{\"input_ids\": [1, 2, 3], \"answer_ids\": [5]}\n{\"input_ids\": [[7, 8]]}\n");
  EXPECT_NE(open({{"kind", "jsonl"}, {"path", "r.jsonl"}})->identity(), identity);
}

TEST_F(ProgramRequestsTest, RefusesWhatIsNoRequest) {
  test::write_tensors(folder_ / "none.safetensors", {{"ids.0", integers({1, 1}, {9})}});
  test::write_tensors(folder_ / "float.safetensors", {{"input_ids.0", integers({1, 1}, {9})},
                                                      {"answer_ids.0", Tensor::allocate(kFloat32, {2})}});
  test::write_file(folder_ / "none.jsonl", "{\"answer_ids\": [1]}\n");
  test::expect_error(ErrorKind::kData, "no requests: there is no tensor \"input_ids.0\"", [&] {
    (void)open({{"kind", "safetensors"}, {"path", "none.safetensors"}});
  });
  test::expect_error(ErrorKind::kUsage, "the pattern of a request's tensors lacks {sample}", [&] {
    (void)open({{"kind", "safetensors"}, {"path", "none.safetensors"}, {"tensors", "{input}"}});
  });
  test::expect_error(ErrorKind::kData, "answer_ids is float32; tokens are integers", [&] {
    (void)open({{"kind", "safetensors"}, {"path", "float.safetensors"}})->sample(0);
  });
  test::expect_error(ErrorKind::kData, "there is no \"input_ids\"", [&] {
    (void)open({{"kind", "jsonl"}, {"path", "none.jsonl"}})->sample(0);
  });
}

}  // namespace
}  // namespace vernier::core::testing
