#include "graph/to_json.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "core/graph/graph_builder.h"

namespace vernier::core {
namespace {

using testing::linear_graph;

TEST(GraphToJson, NamesThings) {
  Graph graph = linear_graph();
  graph.nodes[0].inputs.push_back(kNoValue);
  graph.nodes[0].attributes = {{"low", -std::numeric_limits<double>::infinity()},
                               {"axes", std::vector<int64_t>{0, 2}}};
  const nlohmann::json json = to_json(graph);
  EXPECT_EQ(json["inputs"], nlohmann::json({"x"}));
  EXPECT_EQ(json["outputs"], nlohmann::json({"y"}));
  EXPECT_EQ(json["must_understand"], nlohmann::json({"per_channel", "sub_byte"}));
  EXPECT_EQ(json["nodes"][0].dump(),
            R"({"attributes":{"axes":[0,2],"low":"-inf"},"inputs":["x","model.projection.weight",)"
            R"("model.projection.bias",null],)"
            R"("module":"m","op":"linear","outputs":["y"],"version":1})");
  EXPECT_EQ(json["values"][1].dump(),
            R"({"constant_bytes":3,"dtype":"uint4","kind":"constant","name":"model.projection.weight",)"
            R"("qparams":{"axis":0,"dtype":"uint4","scale":[0.25,0.125],"scheme":"asymmetric",)"
            R"("zero_point":[0,0]},"shape":[2,3]})");
}

}  // namespace
}  // namespace vernier::core
