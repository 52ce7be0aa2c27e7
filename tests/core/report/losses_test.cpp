// Where a run's error is made.
#include "report/losses.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vernier::core {
namespace {

using nlohmann::json;

json site(const std::string& name, const json& sqnr) { return {{"site", name}, {"sqnr_db", sqnr}}; }

TEST(Losses, AreOrderedByWhatIsLost) {
  const json sites = {
      site("a.up/act_in", 30.0),   site("a.up/weight", nullptr),   site("a.up/act_out", 28.0),
      site("a.down/act_in", 28.0), site("a.down/weight", nullptr), site("a.down/act_out", 5.5),
      site("a.mul/act_in", 30.0),  site("a.mul/act_out", 1.0),  // no weight
      site("b/act_in", 5.0),       site("b/weight", nullptr),      site("b/act_out", 6.0),
      site("c/act_in", nullptr),   site("c/weight", nullptr),      site("c/act_out", 3.0),
      site("act_out", 2.0)};
  const json found = losses(sites);
  ASSERT_EQ(found.size(), 2U) << found;
  EXPECT_EQ(found[0].at("module"), "a.down");
  EXPECT_EQ(found[0].at("before_db"), 28.0);
  EXPECT_EQ(found[0].at("after_db"), 5.5);
  EXPECT_NEAR(found[0].at("made").get<double>(), 0.281838 - 0.001585, 1e-6);
  EXPECT_EQ(found[1].at("module"), "a.up");
  EXPECT_NEAR(found[1].at("made").get<double>(), 0.001585 - 0.001, 1e-6);
  EXPECT_EQ(losses(json::array()), json::array());
}

TEST(Losses, AreTenAtMost) {
  json sites = json::array();
  for (int i = 0; i < 12; ++i) {
    const std::string module = "layer" + std::to_string(i);
    sites.push_back(site(module + "/act_in", 40.0));
    sites.push_back(site(module + "/weight", nullptr));
    sites.push_back(site(module + "/act_out", 40.0 - i));
  }
  const json found = losses(sites);
  EXPECT_EQ(found.size(), 10U);
  EXPECT_EQ(found.at(0).at("module"), "layer11");
  EXPECT_EQ(found.at(9).at("module"), "layer2");
}

}  // namespace
}  // namespace vernier::core
