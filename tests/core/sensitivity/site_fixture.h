// Hand-made graphs of sites with a tree, so that each error can be said in numbers.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <vector>

#include "core/graph/graph_builder.h"
#include "kernels/thread_pool.h"
#include "sensitivity/site_costs.h"
#include "support/tensors.h"
#include "vernier/core/device_factory.h"

namespace vernier::core::testing {

// Values x; sites 0 and 1 of step 1, one behind the other; then -x, site 2 of step 1/4; then + w, a weight
// with site 3 of step 1.
class Sites : public ::testing::Test {
 protected:
  Sites() {
    add_site("a/act_out", per_tensor(1, 0, kInt8));
    add_site("b/act_in", per_tensor(1, 0, kInt8));
    add_site("b/act_out", per_tensor(0.25F, 0, kInt8));
    add_site("c/weight", per_tensor(1, 0, kInt8));
    tree_.sites[3].is_weight = true;
    Parameter& weight = tree_.parameters.emplace_back();
    weight.path = "c.weight";
    weight.source = test::floats({4}, {0.25F, 0.25F, 0.25F, 0.25F});
    weight.site = 3;
  }

  void add_site(const std::string& path, QParams qparams) {
    Site& site = tree_.sites.emplace_back();
    site.path = site.relative = path;
    site.qparams = std::move(qparams);
  }
  ValueIndex at_site(GraphBuilder& b, ValueIndex x, int site) const {
    const Site& one = tree_.sites[static_cast<size_t>(site)];
    const ValueIndex y = b.quantize(x, *one.qparams, one.path);
    b.graph.nodes.back().site = site;
    return y;
  }
  // `reshapes`: there is a view between sites 0 and 1.
  [[nodiscard]] CompiledGraph graph(bool reshapes = false) {
    GraphBuilder b;
    const ValueIndex a = at_site(b, b.input("x", {4}), 0);
    const ValueIndex seen = reshapes ? b.node("reshape", {a}, {4}, {{"shape", std::vector<int64_t>{4}}}) : a;
    const ValueIndex y = at_site(b, b.node("neg", {at_site(b, seen, 1)}, {4}), 2);
    const ValueIndex w = b.constant("c.weight", {4});
    b.graph.values[w].parameter = 0;
    return compiled(b.outputs({b.node("add", {y, w}, {4})}));
  }
  // The interpreter of it is not used by what is tested.
  static CompiledGraph compiled(Graph graph) { return {std::make_shared<const Graph>(std::move(graph)), {}}; }

  [[nodiscard]] std::vector<SiteGroup> groups(const CompiledGraph& graph) const {
    return site_groups(tree_, std::vector{graph.graph});
  }
  std::vector<Tensor> inputs_ = {test::floats({4}, {0.25F, 1.25F, -0.625F, 2})};

  ModuleTree tree_;
  std::unique_ptr<ThreadPool> pool_ = ThreadPool::of_process(1);
  std::unique_ptr<Device> device_ = make_reference_device(*pool_);
  RunControl control_;
  SiteChoice choice_{tree_, *device_, uint64_t{1} << 20};
  SiteCosts costs_{tree_, choice_, *device_, control_};
};

}  // namespace vernier::core::testing
