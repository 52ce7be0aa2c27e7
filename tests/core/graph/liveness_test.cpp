#include "graph/liveness.h"

#include <gmock/gmock.h>

#include "core/graph/graph_builder.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using testing::GraphBuilder;

TEST(Liveness, SaysTheLastReaderOfEachValue) {
  GraphBuilder b;
  const ValueIndex x = b.input("x", {2});
  const ValueIndex unused = b.input("unused", {2});
  const ValueIndex c = b.constant("c", {2});
  const ValueIndex first = b.node("neg", {x}, {2});
  const ValueIndex second = b.node("add", {first, first}, {2});
  const ValueIndex dead = b.node("layer_norm", {second, kNoValue, c}, {2});
  const Graph graph = b.outputs({second});
  const std::vector<uint32_t> last = last_readers(graph);
  EXPECT_THAT(last, ElementsAre(0u, kNeverRead, 2u, 1u, kUntilTheEnd, kNeverRead));
  EXPECT_EQ(last[unused], kNeverRead);
  EXPECT_EQ(last[dead], kNeverRead);
}

}  // namespace
}  // namespace vernier::core
