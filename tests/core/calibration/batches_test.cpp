#include "calibration/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/host_tensor.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using ::testing::HasSubstr;

// Sample i is a row [i, i + 0.5] under each of `heights` rows, or a scalar where that is 0.
class Heights : public InputSource {
 public:
  explicit Heights(std::vector<int64_t> heights) : heights_(std::move(heights)) {}
  [[nodiscard]] uint64_t samples() const override { return heights_.size(); }
  [[nodiscard]] std::vector<Tensor> sample(uint64_t index) const override {
    const int64_t rows = heights_[index];
    Tensor x = Tensor::allocate(kFloat32, rows == 0 ? Shape{} : Shape{rows, 2});
    for (int64_t i = 0; i < x.elements(); ++i)
      x.mutable_as<float>()[i] = static_cast<float>(index) + 0.5f * static_cast<float>(i % 2);
    Tensor id = Tensor::allocate(kInt32, {1});
    *id.mutable_as<int32_t>() = static_cast<int32_t>(index);
    return {x, id};
  }

 private:
  std::vector<int64_t> heights_;
};

std::vector<float> floats(const Tensor& x) { return {x.as<float>(), x.as<float>() + x.elements()}; }

TEST(Batches, StackConsecutiveSamplesAlongAxis0) {
  const Heights rows({1, 1, 1, 1, 1});
  Batches batches(rows, 5, 2, {});
  Batch batch = batches.next();
  EXPECT_EQ(batch.name(), "samples 0 to 1");
  EXPECT_EQ(batch.inputs[0].shape, (Shape{2, 2}));
  EXPECT_EQ(floats(batch.inputs[0]), (std::vector<float>{0, 0.5f, 1, 1.5f}));
  EXPECT_EQ(batch.inputs[1].shape, Shape{2});
  EXPECT_EQ(batch.inputs[1].as<int32_t>()[1], 1);
  EXPECT_EQ(floats(batch.last_sample[0]), (std::vector<float>{1, 1.5f}));
  batch = batches.next();
  EXPECT_EQ(batch.first, 2u);
  ASSERT_FALSE(batches.done());
  batch = batches.next();
  EXPECT_EQ(batch.name(), "sample 4");
  EXPECT_EQ(batch.inputs[0].shape, (Shape{1, 2}));
  EXPECT_TRUE(batches.done());
}

// What a plan traces is what calibration meets.
TEST(Batches, TypesOfStacksAreThoseOfTheBatches) {
  const std::vector<int64_t> heights = {1, 1, 3, 3, 3, 3, 1, 2, 2, 2, 2, 2};
  const Heights rows(heights);
  for (uint64_t size = 1; size <= 13; ++size) {
    std::vector<std::vector<TensorType>> met;
    for (Batches batches(rows, heights.size(), size, {}); !batches.done();) {
      const Batch batch = batches.next();
      const std::vector<TensorType> types = types_of(batch.inputs);
      if (batch.samples > 1 && std::find(met.begin(), met.end(), types) == met.end()) met.push_back(types);
    }
    EXPECT_EQ(stacked_types(rows, size), met) << size;
  }
  EXPECT_EQ(stacked_types(rows, 3).size(), 4u);
  EXPECT_TRUE(stacked_types(Heights({0, 0, 0}), 2).empty()) << "scalars are not stacked";
}

TEST(Batches, TakeEachSampleOnceWhateverTheShapes) {
  const std::vector<int64_t> heights = {1, 1, 3, 3, 3, 3, 1, 2, 2};
  const Heights rows(heights);
  for (uint64_t size = 1; size <= 10; ++size) {
    Batches batches(rows, heights.size(), size, {});
    uint64_t next = 0;
    while (!batches.done()) {
      const Batch batch = batches.next();
      EXPECT_EQ(batch.first, next) << size;
      EXPECT_LE(batch.samples, size);
      EXPECT_EQ(batch.inputs[0].shape[0], heights[next] * static_cast<int64_t>(batch.samples))
          << "samples of one shape only, size " << size;
      EXPECT_EQ(floats(batch.inputs[0])[0], static_cast<float>(next));
      EXPECT_EQ(floats(batch.last_sample[0])[0], static_cast<float>(next + batch.samples - 1));
      next += batch.samples;
    }
    EXPECT_EQ(next, heights.size());
  }
  Batches batches(rows, 9, 4, {});
  EXPECT_EQ(batches.next().samples, 2u);
  EXPECT_EQ(batches.next().samples, 4u) << "a batch is filled as far as shapes allow";
}

TEST(Batches, AScalarInputCannotBeStacked) {
  const Heights rows({0, 0});
  Batches one_by_one(rows, 2, 1, "here");
  EXPECT_EQ(one_by_one.next().inputs[0].shape, Shape{});
  Batches batches(rows, 2, 2, "here");
  try {
    batches.next();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.format(), AllOf(HasSubstr("input 0 is a scalar"), HasSubstr("here"),
                                      HasSubstr("leave batch_size out")));
  }
}

Tensor of(const Shape& shape, const std::vector<float>& values) {
  return test::host_tensor(kFloat32, shape,
                           {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

std::string complaint_of_batch(const Tensor& batch, const Tensor& alone, uint64_t samples) {
  try {
    require_independent_samples({&batch, 1}, {&alone, 1}, samples, "here");
  } catch (const Error& error) {
    return error.format();
  }
  return {};
}

TEST(IndependentSamples, AreToldByTheLastOfTheBatch) {
  const Tensor alone = of({1, 2}, {1, -2});
  EXPECT_EQ(complaint_of_batch(of({3, 2}, {7, 7, 8, 8, 1, -2}), alone, 3), "");
  EXPECT_EQ(complaint_of_batch(of({3, 2}, {7, 7, 8, 8, 1.001f, -2.001f}), alone, 3), "") << "rounding";
  EXPECT_THAT(complaint_of_batch(of({3, 2}, {7, 7, 8, 8, 1.002f, -2.002f}), alone, 3),
              HasSubstr("output 0 of a sample depends on the other 2 of its batch"));
  EXPECT_THAT(complaint_of_batch(of({3, 2}, {1, -2, 8, 8, 7, 7}), alone, 3),
              HasSubstr("depends on the other 2"));
  EXPECT_THAT(complaint_of_batch(of({1, 2}, {1, -2}), alone, 3),
              HasSubstr("output 0 of 3 stacked samples has shape [1, 2], of one sample [1, 2]"));
  EXPECT_THAT(complaint_of_batch(of({}, {1}), of({}, {1}), 3),
              HasSubstr("does not keep them apart along axis 0"));
  EXPECT_EQ(complaint_of_batch(of({2, 2}, {0, 0, 0, 0}), of({1, 2}, {0, 0}), 2), "")
      << "nothing is equal to nothing";
}

TEST(IndependentSamples, IntegersAreEqualOrNot) {
  const auto codes = [](const Shape& shape, std::string_view bytes) {
    return test::host_tensor(kInt8, shape, bytes);
  };
  EXPECT_EQ(complaint_of_batch(codes({4}, "abcd"), codes({2}, "cd"), 2), "");
  EXPECT_THAT(complaint_of_batch(codes({4}, "abcd"), codes({2}, "ab"), 2),
              HasSubstr("depends on the other 1"));
}

}  // namespace
}  // namespace vernier::core
