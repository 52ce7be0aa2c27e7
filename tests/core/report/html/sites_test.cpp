// All sites of a run on its page: one fold a layer, and the samples that differ most.
#include "report/html/sites.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "core/report/html/plain_cells.h"
#include "report/html/text.h"
#include "report/html/units.h"

namespace vernier::core::html {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(LayerOf, IsThePathToItsFirstNumber) {
  const std::pair<const char*, const char*> cases[] = {
      {"encoder.layer.3.output.dense/act_in", "encoder.layer.3"},
      {"model.layers.10/act_in", "model.layers.10"},
      {"experts.0.7.up/weight", "experts.0"},
      {"pooler.dense/weight", "pooler"},
      {"layer2.dense/weight", "layer2"},
      {"embeddings/places", "embeddings"},
      {"act_out", ""},
      {"/act_out", ""},
  };
  for (const auto& [site, layer] : cases) EXPECT_EQ(layer_of(site), layer) << site;
}

TEST(Breakable, BreaksBehindDotsAndSlashesAlone) {
  EXPECT_EQ(breakable("a.b/c_d"), "a.<wbr>b/<wbr>c_d");
  EXPECT_EQ(breakable("a."), "a.") << "nothing follows";
  EXPECT_EQ(breakable("/a/b"), "/a/<wbr>b") << "nothing comes before";
  EXPECT_EQ(breakable(""), "");
  EXPECT_EQ(breakable("<.>"), "&lt;.<wbr>&gt;");
}

json coverage_site(const char* site, const char* dtype, const char* status) {
  return {{"site", site},     {"role", "activation"}, {"dtype", dtype},
          {"status", status}, {"observer", "minmax"}, {"chosen_by", "rule **.dense"}};
}

TEST(SitesOfAReport, AreFoldedByLayerInTheOrderOfTheForward) {
  const json report = {
      {"coverage",
       {{"sites", json::array({coverage_site("layer.1.dense/act_in", "int8", "quantized"),
                               coverage_site("layer.0.dense/act_in", "int16", "quantized"),
                               coverage_site("layer.1/sum", "int8", "quantized"),
                               coverage_site("layer.1/<b>", "int8", "float")})}}},
      {"statistics",
       {{"sites", json::array({{{"site", "layer.1.dense/act_in"}, {"own_sqnr_db", 41.25}, {"sqnr_db", 30.0}},
                               {{"site", "layer.1/sum"}, {"own_sqnr_db", 12.5}, {"sqnr_db", nullptr}}})}}}};
  const std::string text = testing::plain_cells(sites(report));
  EXPECT_THAT(text, HasSubstr("<summary>layer.<wbr>1 <span class=\"dim\">1 × float, 2 × int8</span> <span "
                              "class=\"dim\">· worst grid 12.5 dB</span></summary>"));
  EXPECT_THAT(text, HasSubstr("<summary>layer.<wbr>0 <span class=\"dim\">1 × int16</span></summary>"));
  EXPECT_LT(text.find("layer.<wbr>1 "), text.find("layer.<wbr>0 "));
  EXPECT_THAT(
      text, HasSubstr("<tr><td>dense/<wbr>act_in</td><td>activation</td><td>int8</td><td>minmax</td><td>rule "
                      "**.dense</td><td class=\"n\">41.2</td><td class=\"n\">30.0</td></tr>"));
  EXPECT_THAT(text, HasSubstr("<tr><td>sum</td>")) << "of the layer itself";
  EXPECT_THAT(text, HasSubstr("<td>&lt;b&gt;</td>"));
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_EQ(sites({{"coverage", {{"sites", json::array()}}}}), "");
}

json sample(json sqnr) { return {{"sqnr_db", std::move(sqnr)}, {"cosine", 0.5}, {"max_abs_diff", 2.0}}; }

TEST(WorstSamples, AreTheTenThatDifferMost) {
  json per_sample = json::array();
  for (int i = 0; i < 12; ++i) per_sample.push_back(sample(40.0 - i));
  per_sample.push_back(sample(nullptr));
  json report = {{"units", json::array({{{"name", "forward"}, {"per_sample", per_sample}}})}};
  const std::string text = testing::plain_cells(worst_samples(report));
  EXPECT_LT(text.find("<td class=\"n\">11</td><td class=\"n\">29.00</td>"),
            text.find("<td class=\"n\">10</td><td class=\"n\">30.00</td>"));
  EXPECT_THAT(text, HasSubstr("<td class=\"n\">2</td><td class=\"n\">38.00</td>"));
  EXPECT_THAT(text, Not(HasSubstr("<td class=\"n\">1</td><td class=\"n\">39.00</td>"))) << "the eleventh";
  EXPECT_THAT(text, HasSubstr("The worst of 13 samples; the one in the middle has 35.00 dB."));
  EXPECT_THAT(text, Not(HasSubstr("unit")));
  report["units"].push_back({{"name", "decode"}, {"per_sample", json::array({sample(1.0)})}});
  EXPECT_THAT(testing::plain_cells(worst_samples(report)),
              HasSubstr("<td>decode</td><td class=\"n\">0</td><td class=\"n\">1.00</td>"));
  report["units"] = json::array({{{"name", "decode"}, {"per_sample", json::array({sample(1.0)})}}});
  EXPECT_EQ(worst_samples(report), "") << "one sample is what the metrics say";
}

}  // namespace
}  // namespace vernier::core::html
