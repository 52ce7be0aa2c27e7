// How many operations a graph says that it takes.
#include "graph/work.h"

#include <gtest/gtest.h>

#include "core/graph/graph_builder.h"

namespace vernier::core {
namespace {

using testing::GraphBuilder;

TEST(Work, CountsTheMultiplicationsAndAdditionsOfProducts) {
  GraphBuilder linear;
  (void)linear.node("linear", {linear.input("x", {5, 3}), linear.constant("w", {4, 3}), kNoValue}, {5, 4});
  EXPECT_EQ(work_of(linear.graph).operations, 2 * 5 * 4 * 3);
  // Each of 6 x 7 x 7 results sums 2 channels of 3 x 3.
  GraphBuilder conv;
  (void)conv.node("conv2d", {conv.input("x", {1, 4, 9, 9}), conv.constant("w", {6, 2, 3, 3}), kNoValue},
                  {1, 6, 7, 7});
  EXPECT_EQ(work_of(conv.graph).operations, 2 * 6 * 7 * 7 * 2 * 3 * 3);
  // Each of 4 x 9 x 9 elements goes into 3 channels of 2 x 2.
  GraphBuilder transposed;
  (void)transposed.node(
      "conv_transpose2d",
      {transposed.input("x", {1, 4, 9, 9}), transposed.constant("w", {4, 3, 2, 2}), kNoValue},
      {1, 3, 10, 10});
  EXPECT_EQ(work_of(transposed.graph).operations, 2 * 4 * 9 * 9 * 3 * 2 * 2);
}

}  // namespace
}  // namespace vernier::core
