// Gemma4's vision modules against TICO 0.3.0 (tests/data/golden/gemma4_vision): sites that are both's have
// the same qparams; what ours does otherwise on purpose (plugins/wrappers/gemma4/README.md) quantizes no
// worse.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/session/reference.h"
#include "core/session/run_recipe.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

std::string path_of(const json& theirs) {
  const std::string module = theirs.at("module");
  return (module.empty() ? "" : module + "/") + theirs.at("site").get<std::string>();
}

// Our row for each row of theirs that has one, under their name; with "" in `moved` a site has none. Scales
// that `part` of themselves allows are theirs. `rest`: rows of ours that nobody of theirs is.
json under_their_names(const json& ours, json& theirs, const Moved& moved, float part, json& rest) {
  std::map<std::string, json> by_site;
  for (const json& row : ours) by_site[row.at("site").get<std::string>()] = row;
  std::map<std::string, json> unused = by_site;
  for (const auto& [site, own] : moved) unused.erase(site);
  json kept = json::array(), result = json::array();
  for (const json& row : theirs) {
    const std::string site = path_of(row);
    const std::string own = moved.count(site) == 0 ? site : moved.at(site);
    if (own.empty()) continue;
    kept.push_back(row);
    unused.erase(own);
    if (by_site.count(own) == 0) continue;
    json found = by_site[own];
    found["site"] = site;
    for (size_t i = 0; i < found.at("scale").size() && i < row.at("scale").size(); ++i) {
      const float wanted = row.at("scale")[i].get<float>();
      if (std::abs(found.at("scale")[i].get<float>() - wanted) <= part * wanted) found["scale"][i] = wanted;
    }
    result.push_back(found);
  }
  for (const auto& [site, row] : unused) rest.push_back(site);
  theirs = kept;
  return result;
}

struct GoldenVision {
  const char* name;
  // Behind several layers float32 has parted by more than a unit in the last place, and a processor with
  // other vector widths sums products in another order.
  float part;
};

class GoldenVisionCase : public ::testing::TestWithParam<GoldenVision> {};

TEST_P(GoldenVisionCase, AgreesWithTico) {
  const auto folder = source_file(std::string("tests/data/golden/gemma4_vision/") + GetParam().name);
  const json expected = read_json(folder / "case.json");
  const test::TempFolder out;
  const RunResult result = run_recipe(folder / "recipe.json", out.path(), {}, &make_torch_device);

  json theirs = expected.at("sites"), rest = json::array();
  const json ours = under_their_names(read_json(out.path() / "qparams.json"), theirs,
                                      expected.at("moved").get<Moved>(), GetParam().part, rest);
  EXPECT_EQ(rest, json::array()) << "sites of ours alone";
  EXPECT_GE(theirs.size(), 4u);
  bool equal = false;
  EXPECT_EQ(qparams_problems(ours, theirs, "", equal), Problems());

  const std::vector<float> float_ours =
      floats_of(Checkpoint::open(out.path() / "outputs.safetensors"), "float_out.0");
  const std::vector<float> float_theirs =
      floats_of(Checkpoint::open(folder / "io.safetensors"), "float_out.0");
  ASSERT_EQ(float_ours.size(), float_theirs.size());
  const float greatest = *std::max_element(float_theirs.begin(), float_theirs.end());
  EXPECT_LE(greatest_difference(float_ours, float_theirs), 1e-5 * std::max(1.0F, greatest));
  EXPECT_LE(result.report->at("metrics").at("mean_abs_diff").get<double>(),
            expected.at("metrics").at("mean_abs_diff").get<double>() * 1.3);
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenVisionCase,
                         ::testing::Values(GoldenVision{"attention", 0}, GoldenVision{"mlp", 0},
                                           GoldenVision{"encoder_layer", 4e-7F},
                                           GoldenVision{"clipped_layer", 0}, GoldenVision{"encoder", 1e-5F},
                                           GoldenVision{"patch_embedder", 0}, GoldenVision{"pooler", 0},
                                           GoldenVision{"model", 1e-5F}, GoldenVision{"standardized", 1e-5F},
                                           GoldenVision{"audio_embedder", 0}),
                         [](const auto& one) { return std::string(one.param.name); });

// The comparison finds what it is made for.
TEST(GoldenVisionComparison, FindsAnotherScaleAndASiteOfOursAlone) {
  const json row = {{"module", ""}, {"site", "a"}, {"dtype", "uint8"}, {"scale", {0.5}}, {"zero_point", {3}}};
  json theirs = json::array({row}), rest = json::array();
  json own = {{"site", "b"}, {"dtype", "uint8"}, {"scale", {0.5004}}, {"zero_point", {3}}};
  bool equal = false;
  EXPECT_EQ(qparams_problems(under_their_names(json::array({own}), theirs, {{"a", "b"}}, 1e-3F, rest), theirs,
                             "", equal),
            Problems());
  EXPECT_EQ(rest, json::array());
  EXPECT_EQ(qparams_problems(under_their_names(json::array({own}), theirs, {{"a", "b"}}, 1e-4F, rest), theirs,
                             "", equal),
            Problems{"another scale at a"});
  under_their_names(json::array({own}), theirs, {{"a", ""}}, 0, rest);
  EXPECT_EQ(rest, json::array({"b"}));
}

}  // namespace
}  // namespace vernier::core::testing
