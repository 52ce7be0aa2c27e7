// Which sites are one row.
#include "sensitivity/site_groups.h"

#include "core/sensitivity/site_fixture.h"

namespace vernier::core::testing {
namespace {

using ::testing::ElementsAre;

std::vector<std::vector<int>> places(const std::vector<SiteGroup>& groups) {
  std::vector<std::vector<int>> result;
  result.reserve(groups.size());
  for (const SiteGroup& group : groups) result.push_back(group.sites);
  return result;
}

TEST_F(Sites, EqualGridsOnOneValueAreOneGroup) {
  EXPECT_THAT(places(groups(graph())), ElementsAre(ElementsAre(0, 1), ElementsAre(2), ElementsAre(3)));
}

TEST_F(Sites, ViewsLieBetweenTwins) {
  EXPECT_THAT(places(groups(graph(true))), ElementsAre(ElementsAre(0, 1), ElementsAre(2), ElementsAre(3)));
}

TEST_F(Sites, AnotherGridIsAnotherGroup) {
  const std::vector<QParams> others = {per_tensor(0.5F, 0, kInt8), per_tensor(1, 1, kInt8),
                                       per_tensor(1, 0, kInt16)};
  for (const QParams& other : others) {
    tree_.sites[1].qparams = other;
    EXPECT_EQ(groups(graph()).size(), 4U);
  }
}

// Between them is a site that stays float; it is in no group.
TEST_F(Sites, FloatSitesAreInNoGroupAndPassGridsOn) {
  add_site("f/act", per_tensor(1, 0, kInt8));
  tree_.sites[4].qparams->is_float = true;
  GraphBuilder b;
  const ValueIndex x = at_site(b, at_site(b, at_site(b, b.input("x", {4}), 0), 4), 1);
  EXPECT_THAT(places(groups(compiled(b.outputs({x})))), ElementsAre(ElementsAre(0, 1)));
}

TEST_F(Sites, TiedSitesAreOneGroupWhereverTheyAre) {
  tree_.sites[2].tied_to = 3;
  EXPECT_THAT(places(groups(graph())), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
}

// A second graph adds what only it has.
TEST_F(Sites, GroupsAreOfAllGraphs) {
  add_site("d/act", per_tensor(1, 0, kInt8));
  GraphBuilder b;
  const ValueIndex x = at_site(b, at_site(b, b.input("x", {4}), 4), 0);
  const CompiledGraph second = compiled(b.outputs({x}));
  EXPECT_THAT(places(site_groups(tree_, std::vector{graph().graph, second.graph})),
              ElementsAre(ElementsAre(0, 1, 4), ElementsAre(2), ElementsAre(3)));
}

TEST_F(Sites, UsesAreNodesThatQuantizeOrReadTheConstant) {
  const std::vector<SiteUse> uses = site_uses(tree_, *graph().graph);
  const auto use = [&](int site) {
    return std::pair{uses[static_cast<size_t>(site)].first, uses[static_cast<size_t>(site)].end};
  };
  EXPECT_EQ(use(0), (std::pair{0U, 1U}));
  EXPECT_EQ(use(1), (std::pair{1U, 2U}));
  EXPECT_EQ(use(2), (std::pair{3U, 4U}));
  EXPECT_EQ(use(3), (std::pair{4U, 5U}));
  GraphBuilder b;
  const Graph other = b.outputs({at_site(b, b.input("x", {4}), 2)});
  EXPECT_EQ(site_uses(tree_, other)[0].first, SiteUse::kUnused);
}

}  // namespace
}  // namespace vernier::core::testing
