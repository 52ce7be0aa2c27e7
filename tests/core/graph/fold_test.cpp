#include "graph/fold.h"

#include <gtest/gtest.h>

#include "core/graph/fold_cases.h"
#include "core/graph/graph_render.h"
#include "graph/message.h"
#include "graph/value_uses.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using testing::FoldCase;
using testing::kFoldCases;
using testing::render;

class FoldTo : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldTo, TheExpectedGraph) {
  const Graph recorded = GetParam().record();
  const Folded folded = fold(recorded);
  EXPECT_EQ(render(folded.graph), GetParam().folded);
  EXPECT_EQ(write_message(fold(recorded).graph), write_message(folded.graph));
  ASSERT_EQ(folded.origin.size(), folded.graph.values.size());
  for (ValueIndex i = 0; i < folded.origin.size(); ++i) {
    const ValueIndex origin = folded.origin[i];
    if (origin != kNoValue) {
      EXPECT_EQ(recorded.values[origin].name, folded.graph.values[i].name);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, FoldTo, ::testing::ValuesIn(kFoldCases),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace vernier::core
