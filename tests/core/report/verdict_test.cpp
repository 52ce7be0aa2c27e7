// What a report comes to: the word, the headline, and why.
#include "report/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "vernier/core/verdict.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json metrics(json sqnr, json cosine) { return {{"sqnr_db", std::move(sqnr)}, {"cosine", std::move(cosine)}}; }

json gate(const char* metric, const char* limit, json value, bool met,
          const char* pair = "float_to_quantized") {
  return {{"metric", metric}, {"limit", limit}, {"value", std::move(value)}, {"met", met}, {"pair", pair}};
}

json exported(const char* file, uint64_t errors = 0) {
  return {{"file", file},
          {"backend", "tflite"},
          {"bytes", 22800000},
          {"float", nullptr},
          {"profile", {{"profile", "litert"}, {"errors", errors}}}};
}

json activation(const char* site, const char* dtype) {
  return {{"site", site}, {"role", "activation"}, {"status", "quantized"}, {"dtype", dtype}};
}

json own_grid(const char* site, json decibel) {
  return {{"site", site}, {"role", "activation"}, {"own_sqnr_db", std::move(decibel)}};
}

// Without a gate, of a run that exports one file.
json plain_report(json sqnr, json cosine) {
  return {{"metrics", metrics(std::move(sqnr), std::move(cosine))},
          {"gates", json::array()},
          {"verify", json::array()},
          {"warnings", json::array()},
          {"exports", json::array({exported("m.tflite")})},
          {"coverage", {{"sites", json::array()}}},
          {"statistics", {{"sites", json::array()}}}};
}

struct Case {
  const char* name;
  json report;
  const char* result;
  const char* headline;
  bool is_measured = true;
};

std::vector<Case> cases() {
  json met = plain_report(28.17, 0.99931), bad = plain_report(-1.73, 0.41), warned = met;
  met["gates"] = json::array({gate("cosine", ">= 0.99", 0.99931, true)});
  warned["gates"] = met["gates"];
  warned["warnings"] = json::array({{{"text", "3 samples were cut"}, {"where", "r.json:1:1"}}});
  json missed = plain_report(0.9, 0.98996);
  missed["gates"] = json::array({gate("cosine", ">= 0.99", 0.98996, false)});
  json several = plain_report(28.17, 0.99931);
  several["gates"] = json::array({gate("cosine", ">= 0.99", 0.99931, true),
                                  gate("peir", "<= 0.5", 0.25, true), gate("sqnr_db", ">= 20", 28.17, true)});
  json infinite = plain_report(nullptr, 1.0);
  infinite["gates"] = json::array({gate("sqnr_db", ">= 20", nullptr, true)});
  json executed = plain_report(28.17, 0.99931);
  executed["verify"] =
      json::array({{{"file", "m.tflite"},
                    {"unit", nullptr},
                    {"first_divergence", {{"name", "add.codes"}}},
                    {"outputs", json::array({{{"float_to_file", metrics(28.0, 0.999)}}})},
                    {"gates", json::array({gate("max_step", "<= 1", 3, false, "quantized_to_file")})}}});
  json broken_file = plain_report(28.17, 0.99931);
  broken_file["verify"] = json::array({{{"file", "m.tflite"},
                                        {"unit", nullptr},
                                        {"first_divergence", nullptr},
                                        {"outputs", json::array({{{"float_to_file", metrics(5.03, 0.8)}}})},
                                        {"gates", json::array()}}});
  json unfit = met;
  unfit["exports"] = json::array({exported("m.tflite", 37)});
  json codes_only = bad;  // a gate, but not on how far from float
  codes_only["verify"] =
      json::array({{{"file", "m.tflite"},
                    {"unit", nullptr},
                    {"first_divergence", nullptr},
                    {"outputs", json::array()},
                    {"gates", json::array({gate("max_step", "<= 1", 0, true, "quantized_to_file")})}}});
  return {
      {"met", met, "PASS", "cosine 0.9993 ≥ 0.99"},
      {"no gate, good numbers", plain_report(28.17, 0.99931), "PASS",
       "cosine 0.9993, SQNR 28.17 dB, no gate is set"},
      {"no gate, exact", plain_report(nullptr, 1.0), "PASS", "cosine 1.0000, SQNR ∞, no gate is set"},
      {"no gate, bad numbers", bad, "WARN", "cosine 0.4100, SQNR -1.73 dB"},
      {"no gate, cosine just below", plain_report(20.0, 0.98999), "WARN", "cosine 0.98999, SQNR 20.00 dB"},
      {"no gate, SQNR just below", plain_report(14.99, 0.995), "WARN", "cosine 0.9950, SQNR 14.99 dB"},
      {"no gate, at both limits", plain_report(15.0, 0.99), "PASS",
       "cosine 0.9900, SQNR 15.00 dB, no gate is set"},
      {"a wrong scale alone", plain_report(0.0, 1.0), "WARN", "cosine 1.0000, SQNR 0.00 dB"},
      {"met with a warning", warned, "WARN", "cosine 0.9993 ≥ 0.99, 1 warning"},
      {"missed by less than four digits tell", missed, "FAIL", "cosine 0.98996 is not ≥ 0.99"},
      {"three gates", several, "PASS", "cosine 0.9993 ≥ 0.99, peir 0.25 ≤ 0.5 and 1 more"},
      {"infinite", infinite, "PASS", "sqnr_db ∞ ≥ 20"},
      {"the file breaks a gate", executed, "FAIL",
       "m.tflite: max_step 3 is not ≤ 1 (the file against fake quantization)"},
      {"the file is far from float", broken_file, "WARN", "m.tflite: cosine 0.8000, SQNR 5.03 dB"},
      {"its consumer refuses", unfit, "FAIL", "m.tflite: 37 errors against the consumer profile litert"},
      {"a gate on codes is none on numbers", codes_only, "WARN", "cosine 0.4100, SQNR -1.73 dB"},
      {"nothing was measured", plain_report(nullptr, 1.0), "WARN", "nothing was measured", false}};
}

TEST(Verdict, HasItsWordAndHeadline) {
  for (const Case& one : cases()) {
    const json verdict = verdict_json(one.report, one.is_measured, 0);
    EXPECT_EQ(verdict["result"], one.result) << one.name;
    EXPECT_EQ(verdict["headline"], one.headline) << one.name;
    EXPECT_EQ(verdict["reasons"].empty(), std::string(one.result) == "PASS") << one.name;
  }
}

TEST(Verdict, OfBadNumbersHasRulesToPaste) {
  json report = plain_report(-1.73, 0.41);
  report["coverage"]["sites"] =
      json::array({activation("a/act_out", "int8"),
                   activation("b/act_out", "int8"),
                   activation("c/act_out", "int16"),
                   {{"site", "a/weight"}, {"role", "weight"}, {"status", "quantized"}, {"dtype", "int4"}}});
  report["statistics"]["sites"] =
      json::array({own_grid("a/act_out", 30.0), own_grid("b/act_out", 5.06), own_grid("c/act_out", 1.0)});
  EXPECT_THAT(verdict_json(report, true, 0)["next"].get<std::vector<std::string>>(),
              ElementsAre(HasSubstr("--set quantization.activation.dtype=int16"),
                          "or for the sites whose own grid is coarsest (5.1, 30.0 dB): \"rules\": "
                          "[{\"match\": \"b/act_out\", \"dtype\": \"int16\"}, "
                          "{\"match\": \"a/act_out\", \"dtype\": \"int16\"}]",
                          HasSubstr("--set quantization.weight.dtype=int8")));
  // Where dtypes are wide enough, a site is named.
  report["coverage"]["sites"] = json::array({activation("c/act_out", "int16")});
  report["statistics"]["sites"] = json::array({own_grid("c/act_out", 1.0)});
  EXPECT_THAT(verdict_json(report, true, 0)["next"].get<std::vector<std::string>>(),
              ElementsAre(HasSubstr("{\"match\": \"c/act_out\", \"observer\": \"identity\"}")));
  EXPECT_EQ(verdict_json(plain_report(28.0, 0.999), true, 0)["next"], json::array());
}

TEST(Verdict, OfAFileThatDivergesNamesTheNode) {
  const json next = verdict_json(cases()[12].report, true, 0)["next"];
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0], "m.tflite: the first node that diverges is add.codes");
}

TEST(VerdictLine, HasSizeAndReport) {
  json report = cases()[0].report;
  report["verdict"] = verdict_json(report, true, 90900000);
  EXPECT_EQ(verdict_line(report, "out/bert/report.html"),
            "PASS cosine 0.9993 ≥ 0.99 · 22.8 MB (4.0 × smaller) · open out/bert/report.html");
  report["verdict"] = verdict_json(report, true, 11400000);
  EXPECT_THAT(verdict_line(report, "r"), HasSubstr(" · 22.8 MB (2.0 × larger) · "));
  report["verdict"] = verdict_json(report, true, 22800000);
  EXPECT_THAT(verdict_line(report, "r"), HasSubstr(" · 22.8 MB · open r"));
  // The same model for three runtimes: a device gets one of them.
  json others = report["exports"][0];
  others["backend"] = "other";
  others["bytes"] = 20000000;
  report["exports"].push_back(others);
  report["verdict"] = verdict_json(report, true, 90900000);
  EXPECT_THAT(verdict_line(report, "r"),
              HasSubstr(" · 22.8 MB in the largest of 2 formats (4.0 × smaller) · open r"));
  report["exports"][1]["backend"] = report["exports"][0]["backend"];
  report["verdict"] = verdict_json(report, true, 90900000);
  EXPECT_THAT(verdict_line(report, "r"), HasSubstr(" · 42.8 MB (2.1 × smaller) · open r"))
      << "two files of it";
  report["exports"] = json::array();
  report["verdict"] = verdict_json(report, true, 90900000);
  EXPECT_THAT(verdict_line(report, "r"), HasSubstr(" · the recipe exports no file · open r"));
  json failed = cases()[9].report;
  failed["verdict"] = verdict_json(failed, true, 90900000);
  EXPECT_EQ(failed["verdict"]["bytes"], 0);
  EXPECT_EQ(verdict_line(failed, "r"),
            "FAIL cosine 0.98996 is not ≥ 0.99 · no model file was written · open r");
}

}  // namespace
}  // namespace vernier::core
