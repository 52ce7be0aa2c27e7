// The estimate, where an error goes on as it is and the estimate must be exact, and where cuts lie.
#include "sensitivity/cost_estimate.h"

#include <cmath>

#include "core/sensitivity/site_fixture.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

class CostEstimate : public Sites {
 protected:
  // x through `count` sites of growing steps with neg between them: the error of one reaches the outputs as
  // it is.
  CompiledGraph chain(int count) {
    tree_.sites.clear();
    GraphBuilder b;
    ValueIndex x = b.input("x", {4});
    for (int i = 0; i < count; ++i) {
      add_site("m/" + std::to_string(i), per_tensor(0.25F + 0.125F * static_cast<float>(i), 0, kInt8));
      x = b.node("neg", {at_site(b, x, i)}, {4});
    }
    return compiled(b.outputs({x}));
  }
};

TEST_F(CostEstimate, IsExactWhereErrorsPassUnchanged) {
  for (const int count : {1, 2, 9, 30}) {
    const CompiledGraph graph = chain(count);
    const SiteQParams all = qparams_of(tree_), none(all.size(), nullptr);
    std::vector<CostRow> rows;
    rows.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) rows.push_back({{i}, {}});
    SiteChoice choice(tree_, *device_, 0);
    SiteCosts costs(tree_, choice, *device_, control_);
    const std::vector<double> estimate = estimate_costs(costs, graph, inputs_, all, rows);
    costs.add(graph, inputs_, none, all, rows, nullptr, [] {});
    for (size_t i = 0; i < rows.size(); ++i)
      EXPECT_NEAR(estimate[i], std::pow(10.0, -rows[i].metrics.sqnr_db() / 10), 1e-6) << count << " " << i;
  }
}

// Behind the site the values grow by 8, so that the same error counts for less.
TEST_F(CostEstimate, CountsWhatTheGraphMakesOfAnError) {
  tree_.sites.resize(1);
  tree_.sites[0].qparams = per_tensor(0.5F, 0, kInt8);
  GraphBuilder b;
  ValueIndex x = at_site(b, b.input("x", {4}), 0);
  for (int i = 0; i < 8; ++i) x = b.node("neg", {x}, {4});
  const ValueIndex w = b.constant("c.weight", {4});
  b.graph.values[w].parameter = 0;
  tree_.parameters[0].source = test::floats({4}, {8, 8, 8, 8});
  tree_.parameters[0].site = -1;
  const CompiledGraph graph = compiled(b.outputs({b.node("add", {x, w}, {4})}));
  std::vector<CostRow> rows(9, CostRow{{0}, {}});  // three pieces
  SiteChoice choice(tree_, *device_, 0);
  SiteCosts costs(tree_, choice, *device_, control_);
  const double noise = 0.0625 + 0.0625 + 0.015625;  // 1/4 and 5/4 by 1/4, -5/8 by 1/8
  const double signal = 8.25 * 8.25 + 9.25 * 9.25 + 7.375 * 7.375 + 10 * 10;
  EXPECT_NEAR(estimate_costs(costs, graph, inputs_, qparams_of(tree_), rows)[0], noise / signal, 1e-7);
}

TEST_F(CostEstimate, IsNoNumberWhereTheGraphDoesNotUseTheSite) {
  const CompiledGraph graph = chain(1);
  add_site("d/act", per_tensor(1, 0, kInt8));
  const std::vector<CostRow> rows = {{{1}, {}}, {{0}, {}}};
  SiteChoice choice(tree_, *device_, 0);
  SiteCosts costs(tree_, choice, *device_, control_);
  const std::vector<double> estimate = estimate_costs(costs, graph, inputs_, qparams_of(tree_), rows);
  EXPECT_TRUE(std::isnan(estimate[0]));
  EXPECT_GT(estimate[1], 0);
}

TEST_F(CostEstimate, CutsLieWhereFewBytesGoOn) {
  GraphBuilder b;
  ValueIndex x = b.input("x", {4});
  x = b.node("neg", {x}, {4});
  const ValueIndex wide = b.node("concat", {x, x, x, x}, {16}, {{"axis", int64_t{0}}});
  const ValueIndex more = b.node("neg", {wide}, {16});
  x = b.node("slice", {more}, {4}, {{"axis", int64_t{0}}, {"begin", int64_t{0}}, {"end", int64_t{4}}});
  x = b.node("neg", {b.node("neg", {x}, {4})}, {4});
  const Graph graph = b.outputs({x});
  EXPECT_THAT(cheap_cuts(graph, 1), ElementsAre(6));
  EXPECT_THAT(cheap_cuts(graph, 2), ElementsAre(1, 6)) << "not at 3, where 16 values go on";
  EXPECT_THAT(cheap_cuts(Graph(), 4), ElementsAre(0));
}

}  // namespace
}  // namespace vernier::core::testing
