// The report as a page: what names and numbers become in HTML and SVG.
#include "report/html/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "report/html/chart.h"
#include "report/html/graph_drawing.h"
#include "report/html/text.h"
#include "report/verdict.h"

namespace vernier::core::html {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "<script>alert('x')</script>&\"";

json histogram_of(int first, int last) {
  json counts = json::array();
  for (int i = 0; i < 64; ++i) counts.push_back(i == 0 ? first : i == 63 ? last : 0);
  return {{"low", -1.0}, {"high", 1.0}, {"counts", counts}};
}

json site(const std::string& name, const char* role, json sqnr) {
  return {{"site", name},
          {"role", role},
          {"count", 100},
          {"min", -1.0},
          {"max", 1.0},
          {"low", -0.5},
          {"high", 0.5},
          {"clipped", 3},
          {"own_sqnr_db", 40.0},
          {"sqnr_db", std::move(sqnr)},
          {"histogram", histogram_of(1, 0)}};
}

// The verdict follows from the rest.
std::string page_of(json report) {
  report["verdict"] = verdict_json(report, true, 400);
  return page(report, json::object());
}

json report_with(const std::string& name) {
  json report = {
      {"vernier", "0"},
      {"recipe", name},
      {"model", {{"checkpoint", name}, {"module", name}, {"type", name}, {"entry", name}}},
      {"plugins", {{{"id", name}, {"version", name}, {"file", name}, {"sha256", std::string(64, 'a')}}}},
      {"samples", {{"calibration", 1}, {"evaluation", 1}}},
      {"metrics",
       {{"mean_abs_diff", 0.5},
        {"max_abs_diff", 1.0},
        {"peir", 0.25},
        {"sqnr_db", nullptr},
        {"cosine", 1.0}}},
      {"gates", {{{"metric", name}, {"limit", "<= 1"}, {"value", 2.0}, {"met", false}}}},
      {"exports",
       {{{"backend", name},
         {"entry", name},
         {"file", name},
         {"bytes", 1500},
         {"nodes", 1},
         {"saturated_biases", 0},
         {"float", {{"operators", {{name, 2}}}, {"count", 2}, {"total", 3}, {"limit", name}, {"met", false}}},
         {"profile",
          {{"profile", name},
           {"errors", 1},
           {"warnings", 0},
           {"findings", {{{"severity", "error"}, {"where", name}, {"what", name}, {"count", 2}}}}}}}}},
      {"verify", json::array()},
      {"statistics",
       {{"samples", 1},
        {"sites", {site(name + "/act", "activation", 20.0), site(name + "/weight", "weight", nullptr)}},
        {"scatter", {{0.0, 0.5}, {1.0, 1.0}}},
        {"costs",
         {{"measure", "estimate"},
          {"samples", 1},
          {"rows",
           {{{"sites", {name + "/act", name + "/twin"}}, {"role", "activation"}, {"sqnr_db", 9.5}},
            {{"sites", {name + "/weight"}}, {"role", "weight"}, {"sqnr_db", nullptr}}}}}},
        {"losses", {{{"module", name}, {"before_db", 30.0}, {"after_db", 5.0}, {"made", 0.3152}}}}}},
      {"graph",
       {{"inputs", {name}},
        {"outputs", {"y"}},
        {"nodes", {{{"op", name}, {"module", name}, {"inputs", {name}}, {"outputs", {"y"}}}}}}},
      {"coverage",
       {{"parameters",
         {{{"parameter", name + ".weight"}, {"dtype", "uint8"}, {"bytes", 100}, {"bytes_before", 400}}}}}},
      {"log", {{{"level", 30}, {"plugin", name}, {"text", name}}}},
      {"seconds", {{"total", 1.5}}},
      {"memory", {{"peak_bytes", 1000000}, {"limit_bytes", nullptr}}}};
  report["verdict"] = verdict_json(report, true, 400);
  return report;
}

TEST(Page, EscapesEveryName) {
  const std::string text = page(report_with(kHostile), {{"note", kHostile}});
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;"));
}

TEST(Page, NeedsNothingElse) {
  const std::string text = page(report_with("m"), json::object());
  for (const char* word : {"http://", "https://", "<script", "src=", "@import", "url("})
    EXPECT_THAT(text, Not(HasSubstr(word))) << word;
  EXPECT_THAT(text, HasSubstr("default-src 'none'"));
  EXPECT_THAT(text, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(text, HasSubstr("width=device-width"));
}

TEST(Page, TellsVerdictWorstSiteAndSizes) {
  const std::string text = page(report_with("m"), json::object());
  EXPECT_THAT(text, HasSubstr("✕ FAIL: m 2 is not ≤ 1"));
  EXPECT_THAT(text, HasSubstr("<a href=\"#d-m_2fact\">m/<wbr>act</a>"));
  EXPECT_THAT(text, HasSubstr("9.50 dB"));
  EXPECT_THAT(text, HasSubstr("and 1 with the same grid</summary>m/<wbr>twin<"));
  EXPECT_THAT(text, HasSubstr("estimated on one sample"));
  EXPECT_THAT(text, HasSubstr("400 B before, 100 B after: 25.0 %"));
  EXPECT_THAT(text, HasSubstr("3 %"));
  EXPECT_THAT(text, HasSubstr("Where the error is made"));
  EXPECT_THAT(text, HasSubstr("31.5 %"));
  json good = report_with("m");
  good["gates"][0]["met"] = true;
  EXPECT_THAT(page_of(good), HasSubstr("✕ FAIL: ")) << "its consumer refuses the file";
  good["exports"][0]["profile"]["errors"] = 0;
  EXPECT_THAT(page_of(good), HasSubstr("✕ FAIL: ")) << "the file has float";
  good["exports"][0]["float"]["met"] = true;
  EXPECT_THAT(page_of(good), HasSubstr("✓ PASS: m 2 ≤ 1"));
  // A program's files without gates give the tokens of the fake-quant run.
  good["program"]["executed"] = {{"gates", json::array()},
                                 {"quantized_to_file", {{"tokens", 3}, {"same_tokens", 2}}}};
  EXPECT_THAT(page_of(good), HasSubstr("✕ FAIL: the files give 2 of 3 tokens of the fake-quant run"));
  good["program"]["executed"]["quantized_to_file"]["same_tokens"] = 3;
  EXPECT_THAT(page_of(good), HasSubstr("✓ PASS: "));
}

TEST(Page, BeginsWithWhatWasNotMetAndSaysWhatIsTrue) {
  json report = report_with("m");
  report["verify"] = json::array({{{"file", "m.q"},
                                   {"unit", nullptr},
                                   {"executor", "e"},
                                   {"first_divergence", nullptr},
                                   {"outputs", json::array()},
                                   {"gates", json::array({{{"metric", "sqnr_db"},
                                                           {"pair", "float_to_file"},
                                                           {"limit", ">= 30"},
                                                           {"value", 5.03},
                                                           {"met", false}}})}}});
  const std::string text = page_of(report);
  const size_t reason = text.find("not met: m.q: sqnr_db 5.03 is not ≥ 30");
  ASSERT_NE(reason, std::string::npos) << "the gate of an executed file is at the top";
  EXPECT_LT(reason, text.find("<section>"));
  EXPECT_LT(text.find("No model file was written."), text.find("<section>"));
  EXPECT_THAT(text, HasSubstr("<h2>Files that were made and not kept</h2>"));
  EXPECT_THAT(text, Not(HasSubstr("<h2>Exported files</h2>")));
  // Refused before a graph was captured: not for want of an export.
  report["exports"] = json::array();
  report["graph"] = nullptr;
  EXPECT_THAT(page_of(report), Not(HasSubstr("nothing was captured")));
  report["gates"][0]["met"] = true;
  report["verify"] = json::array();
  EXPECT_THAT(page_of(report), HasSubstr("nothing was captured: the recipe exports no file"));
}

TEST(Histogram, PutsBarsAndClipLinesInPlace) {
  const std::string text = histogram(site("m/act", "activation", 20.0));
  EXPECT_THAT(text, HasSubstr("<rect class=\"mark\" x=\"0.5\"")) << "the first bin";
  EXPECT_THAT(text, HasSubstr("<line class=\"clip\" x1=\"80.0\""))
      << "-0.5 lies a quarter into -1 … 1 of 320";
  EXPECT_THAT(text, HasSubstr("<line class=\"clip\" x1=\"240.0\""));
}

TEST(Scatter, PutsPointsOnTheirPlace) {
  const std::string text = scatter({{0.0, 0.0}, {1.0, 0.5}}, "t");
  EXPECT_THAT(text, HasSubstr("M8.0 312.0h0"));
  EXPECT_THAT(text, HasSubstr("M312.0 160.0h0"));
}

TEST(Drawing, StacksBoxesByWhatTheyRead) {  // 250 wide, 44 high, 24 and 26 between
  const json graph = {{"inputs", {"x"}},
                      {"outputs", {"c"}},
                      {"nodes",
                       {{{"op", "linear"}, {"module", "p"}, {"inputs", {"x", nullptr}}, {"outputs", {"a"}}},
                        {{"op", "linear"}, {"module", "q"}, {"inputs", {"x"}}, {"outputs", {"b"}}},
                        {{"op", "add"}, {"module", ""}, {"inputs", {"a", "b"}}, {"outputs", {"c"}}}}}};
  const std::string text = drawing(graph);
  EXPECT_THAT(text, HasSubstr("4 boxes"));
  EXPECT_THAT(text, HasSubstr("x=\"24\" y=\"83\"")) << "p in the second layer";
  EXPECT_THAT(text, HasSubstr("x=\"298\" y=\"83\"")) << "q beside it";
  EXPECT_THAT(text, HasSubstr("the root module: add"));
  EXPECT_THAT(drawing(json()), HasSubstr("nothing was captured"));
}

TEST(Text, NumbersAndSizes) {
  EXPECT_EQ(number(0.00001234), "1.234e-05");
  EXPECT_EQ(number(nullptr), "–");
  EXPECT_EQ(number(7), "7");
  EXPECT_EQ(bytes(999), "999 B");
  EXPECT_EQ(bytes(23346912), "23.3 MB");
  EXPECT_EQ(tail("abcdef", 3), "…def");
  EXPECT_EQ(escape("a\n<b>"), "a &lt;b&gt;");
}

}  // namespace
}  // namespace vernier::core::html
