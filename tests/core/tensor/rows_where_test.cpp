#include "tensor/rows_where.h"

#include <gmock/gmock.h>

#include "support/tensors.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;

Tensor mask(Shape shape, const std::vector<bool>& values) {
  Tensor x = Tensor::allocate(kBool, std::move(shape));
  std::copy(values.begin(), values.end(), x.mutable_as<uint8_t>());
  return x;
}
std::vector<float> values(const Tensor& x) { return {x.as<float>(), x.as<float>() + x.elements()}; }

TEST(RowsWhere, AreThoseOfTheFirstAxesThatAreTrue) {
  const Tensor x = test::floats({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  const Tensor first = rows_where(x, mask({2}, {false, true}));
  EXPECT_EQ(first.shape, (Shape{1, 2, 2}));
  EXPECT_THAT(values(first), ElementsAre(5, 6, 7, 8));
  const Tensor two = rows_where(x, mask({2, 2}, {true, false, false, true}));
  EXPECT_EQ(two.shape, (Shape{2, 1, 2})) << "the axis behind them keeps its number";
  EXPECT_THAT(values(two), ElementsAre(1, 2, 7, 8));
  const Tensor each = rows_where(x, mask({2, 2, 2}, {false, true, false, false, false, false, true, false}));
  EXPECT_EQ(each.shape, (Shape{2, 1, 1}));
  EXPECT_THAT(values(each), ElementsAre(2, 7));
}

TEST(RowsWhere, NoneIsATensorWithoutElementsAndAllIsTheTensor) {
  const Tensor x = test::floats({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(rows_where(x, mask({2}, {false, false})).shape, (Shape{0, 2}));
  const Tensor all = rows_where(x, mask({2}, {true, true}));
  EXPECT_EQ(all.data, x.data) << "no copy";
  EXPECT_EQ(all.shape, x.shape);
  EXPECT_EQ(rows_where(test::floats({0, 2}, {}), mask({0}, {})).elements(), 0);
}

}  // namespace
}  // namespace vernier::core
