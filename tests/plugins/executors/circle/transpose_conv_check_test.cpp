// The format's check (core/src/circle/check) on TRANSPOSE_CONV, whose activation and bias stand at other
// places than other convolutions': the executor's cases as they are, and with one change.
#include <gtest/gtest.h>

#include <set>

#include "plugins/executors/circle/case_file.h"
#include "vernier/core/check.h"

namespace vernier::test {
namespace {

using nlohmann::json;

std::set<std::string> rules_found(const json& one) {
  const std::string bytes = circle_file(one).bytes();
  std::set<std::string> rules;
  const json result = core::check_bytes(std::as_bytes(std::span(bytes))).to_json();
  for (const json& finding : result.at("findings")) rules.insert(finding.at("rule").get<std::string>());
  return rules;
}

TEST(CircleCheckOfConvTranspose, LooksAtItsWeightAndBias) {
  struct Row {
    const char* rule;
    void (*change)(json&);
  };
  const Row table[] = {{"", [](json&) {}},
                       {"weight-axis",
                        [](json& one) {
                          one["inputs"][1]["axis"] = 1;
                          one["inputs"][1]["shape"] = {4, 4, 3, 2};
                          one["inputs"][1]["values"] = 1;
                        }},
                       {"bias-scale", [](json& one) { one["inputs"][3]["scale"][2] = 0.5; }},
                       {"bias-type",
                        [](json& one) {
                          one["inputs"][3]["dtype"] = "int64";
                          one["inputs"][3]["values"] = 0;
                        }},
                       {"mixed",
                        [](json& one) {
                          one["outputs"][0]["dtype"] = "float32";
                          one["outputs"][0]["scale"] = one["outputs"][0]["zero_point"] = json::array();
                        }},
                       {"operand-count", [](json& one) {
                          one["inputs"].erase(3);
                          one["inputs"].erase(2);
                        }}};
  json found;
  for (const json& each : circle_cases()) {
    if (each.at("name") == "TransposeConv_VALID0_uint8") found = each;
  }
  for (const Row& row : table) {
    SCOPED_TRACE(row.rule);
    json one = found;
    row.change(one);
    const std::set<std::string> wanted =
        *row.rule == '\0' ? std::set<std::string>{} : std::set<std::string>{row.rule};
    EXPECT_EQ(rules_found(one), wanted);
  }
}

}  // namespace
}  // namespace vernier::test
