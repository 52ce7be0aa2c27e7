// `gates` of a run's folder in the forms that continuous integration reads, and `diff --fail-if`.
#include "vernier/core/run_gates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/verdict.h"
#include "support/expect_error.h"
#include "support/temp_folder.h"
#include "vernier/core/diff.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json judged_report(const std::string& module, const json& gates) {
  json report = {{"model", {{"module", module}, {"type", "T"}}},
                 {"metrics", {{"sqnr_db", 0.9}, {"cosine", 0.65}}},
                 {"gates", gates},
                 {"verify", json::array()},
                 {"warnings", json::array()},
                 {"exports", json::array()},
                 {"coverage", {{"sites", json::array()}}},
                 {"statistics", {{"sites", json::array()}}}};
  report["verdict"] = verdict_json(report, true, 0);
  return report;
}

void write_judged_run(const std::filesystem::path& folder, const json& report) {
  test::write_file(folder / "report.json", report.dump());
  test::write_file(folder / "qparams.json", "[]");
  test::write_file(folder / "recipe.effective.json", "{}");
}

class GatesOfARun : public ::testing::Test {
 protected:
  json read(const std::string& module, const json& gates) {
    write_judged_run(folder_ / "run", judged_report(module, gates));
    return run_gates(folder_ / "run");
  }
  const json two_ = json::array({{{"metric", "cosine"},
                                  {"limit", ">= 0.99"},
                                  {"value", 0.65},
                                  {"met", false},
                                  {"pair", "float_to_quantized"}},
                                 {{"metric", "peir"},
                                  {"limit", "<= 2"},
                                  {"value", 1.5},
                                  {"met", true},
                                  {"pair", "float_to_quantized"}}});
  test::TempFolder folder_;
};

TEST_F(GatesOfARun, AreTextMarkdownAndJunit) {
  const json gates = read("a<b>|c", two_);
  EXPECT_EQ(gates["gates"], (json::array({{{"text", "cosine 0.6500 is not ≥ 0.99"}, {"met", false}},
                                          {{"text", "peir 1.5 ≤ 2"}, {"met", true}}})));
  EXPECT_EQ(gates_text(gates),
            "not met  cosine 0.6500 is not ≥ 0.99\nmet      peir 1.5 ≤ 2\n"
            "FAIL cosine 0.6500 is not ≥ 0.99 · no model file was written · open " +
                (folder_ / "run/report.html").string() + "\n");
  EXPECT_EQ(gates_markdown(gates),
            "## a\\<b>\\|c: FAIL\n\ncosine 0.6500 is not ≥ 0.99\n\n| gate | met |\n|---|---|\n"
            "| cosine 0.6500 is not ≥ 0.99 | **no** |\n| peir 1.5 ≤ 2 | yes |\n"
            "\n- cosine 0.6500 is not ≥ 0.99\n");
  EXPECT_EQ(gates_junit(gates),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
            "  <testsuite name=\"a&lt;b&gt;|c\" tests=\"2\" failures=\"1\">\n"
            "    <testcase name=\"cosine 0.6500 is not ≥ 0.99\" classname=\"a&lt;b&gt;|c\">\n"
            "      <failure message=\"cosine 0.6500 is not ≥ 0.99\">cosine 0.6500 is not ≥ 0.99</failure>\n"
            "    </testcase>\n"
            "    <testcase name=\"peir 1.5 ≤ 2\" classname=\"a&lt;b&gt;|c\"/>\n"
            "  </testsuite>\n</testsuites>\n");
}

// A warning fails no build: whoever wants that sets a gate.
TEST_F(GatesOfARun, WithoutGatesAreItsVerdict) {
  const json gates = read("", json::array());
  EXPECT_EQ(gates["verdict"]["result"], "WARN");
  EXPECT_EQ(gates["module"], "T");
  EXPECT_THAT(gates_junit(gates), HasSubstr("tests=\"1\" failures=\"0\""));
  EXPECT_THAT(gates_markdown(gates), HasSubstr("## T: WARN"));
}

TEST_F(GatesOfARun, OfAnOlderReportAreRefused) {
  json report = judged_report("m", json::array());
  report.erase("verdict");
  write_judged_run(folder_ / "run", report);
  test::expect_error(ErrorKind::kData, "has no verdict", [&] { (void)run_gates(folder_ / "run"); });
  test::expect_error(ErrorKind::kData, "is not there", [&] { (void)run_gates(folder_ / "none"); });
}

json difference() {
  return {{"metrics", {{"cosine", {0.999, 0.98}}, {"sqnr_db", {30.0, 28.5}}, {"peir", {nullptr, nullptr}}}},
          {"sizes", json::array({{{"file", "m"}, {"a", 100}, {"b", 120}}})}};
}

TEST(FailIf, HoldsOfTheSecondRunItsChangeOrItsRatio) {
  const std::pair<const char*, bool> rows[] = {{"cosine < 0.99", true},
                                               {"cosine<0.98", false},
                                               {"cosine <= 0.98", true},
                                               {"sqnr_db.change < -1", true},
                                               {"sqnr_db.change < -2", false},
                                               {"bytes > 119", true},
                                               {"bytes.ratio > 1.1", true},
                                               {"bytes.ratio > 1.2", false},
                                               {"peir.change == 0", true},
                                               {"peir.ratio == 1", true},
                                               {"peir > 5", true}};
  for (const auto& [condition, holds] : rows)
    EXPECT_EQ(diff_failures(difference(), {condition}).size(), holds ? 1u : 0u) << condition;
  EXPECT_EQ(diff_failures(difference(), {"cosine < 0.99", "bytes > 500", "bytes > 1"}).size(), 2u);
  EXPECT_EQ(diff_failures(difference(), {"sqnr_db.change < -1"})[0].what,
            "sqnr_db.change is -1.5: 30 in a, 28.5 in b");
}

TEST(FailIf, RefusesWhatIsNoCondition) {
  for (const char* wrong : {"", "cosine", "cosine <", "< 1", "cosine < x", "cosine << 1", "cosine => 1",
                            "cosine.delta < 1", "cosine < nan"}) {
    test::expect_error(ErrorKind::kUsage, "--fail-if", [&] { (void)diff_failures(difference(), {wrong}); });
  }
  test::expect_error(ErrorKind::kUsage, "did you mean \"cosine\"?",
                     [&] { (void)diff_failures(difference(), {"cosin < 1"}); });
  json apart = difference();
  apart["sizes"] = json::array();
  test::expect_error(ErrorKind::kUsage, "no file of one name is in both runs",
                     [&] { (void)diff_failures(apart, {"bytes > 1"}); });
}

}  // namespace
}  // namespace vernier::core
