// What a consumer fixes: in the file as its profile says, and in the exact reading that the file is held to.
#include <gmock/gmock.h>

#include "circle/reader.h"
#include "plugins/backends/op_file.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::test {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

// A smooth curve: rounding twice and once part on some of these.
OpCase one_activation(const char* op, DType dtype = kFloat32) {
  Numbers values;
  for (int i = 0; i < 512; ++i) values.push_back(-4 + 0.0171 * i);
  json config = {{"op", op}};
  if (op == std::string("softmax")) config["axis"] = -1;
  return {op, config, {reals("x", {16, 32}, values)}, dtype, {}, {}, {}, {}};
}

json executed(const char* profile) {
  json entry = {{"backend", "circle"}, {"file", "op.circle"}, {"verify", {{"executor", "circle"}}}};
  if (profile != nullptr) entry["profile"] = profile;
  return entry;
}

std::vector<std::string> operators(const std::filesystem::path& file) {
  std::vector<std::string> names;
  const core::CircleFile circle = core::read_circle(file);
  for (const core::CircleOperator& one : circle.subgraphs.at(0).operators) names.push_back(one.op);
  return names;
}

void expect_equal_codes(const json& row) {
  EXPECT_EQ(row.at("first_divergence"), nullptr) << row;
  EXPECT_EQ(row.at("compared_nodes"), row.at("all_nodes")) << row;
  for (const json& output : row.at("outputs"))
    EXPECT_EQ(output.at("quantized_to_file").at("codes_differ"), 0) << output;
}

struct Fixed {
  const char* op;
  const char* activation;
  const char* profile;
  std::vector<std::string> operators;
};
void PrintTo(const Fixed& one, std::ostream* out) {
  *out << one.op << " " << one.activation << " " << (one.profile ? one.profile : "");
}

class FixedQparams : public ::testing::TestWithParam<Fixed> {};

TEST_P(FixedQparams, AreInTheFileAndInTheExactReading) {
  const Fixed& one = GetParam();
  OpFile file(one_activation(one.op), one.activation, "circle");
  file.recipe()["export"][0] = executed(one.profile);
  const json report = file.run();
  EXPECT_EQ(operators(file.folder() / "op.circle"), one.operators);
  expect_equal_codes(report.at("verify").at(0));
}

INSTANTIATE_TEST_SUITE_P(Ops, FixedQparams,
                         ::testing::Values(Fixed{"sigmoid", "uint8", "none", {"LOGISTIC", "QUANTIZE"}},
                                           Fixed{"sigmoid", "int8", nullptr, {"LOGISTIC", "QUANTIZE"}},
                                           Fixed{"sigmoid", "int16", "npu", {"LOGISTIC", "QUANTIZE"}},
                                           Fixed{"tanh", "uint8", "luci", {"TANH", "QUANTIZE"}},
                                           Fixed{"softmax", "int8", "luci", {"SOFTMAX", "QUANTIZE"}},
                                           Fixed{"softmax", "int8", "none", {"SOFTMAX", "QUANTIZE"}},
                                           Fixed{"silu", "uint8", "none", {"LOGISTIC", "MUL"}},
                                           Fixed{"silu", "int16", nullptr, {"LOGISTIC", "MUL"}}));

// Each file has the graph of its own consumer, in one run.
TEST(FixedQparamsOfOneRun, DifferWhereItsFilesDiffer) {
  OpFile file(one_activation("sigmoid"), "uint8", "circle");
  json observed = executed("none");
  observed["file"] = "observed.circle";
  observed["fixed_qparams"] = false;
  file.recipe()["export"] = {executed("none"), observed};
  const json report = file.run();
  EXPECT_THAT(operators(file.folder() / "op.circle"), ElementsAre("LOGISTIC", "QUANTIZE"));
  EXPECT_THAT(operators(file.folder() / "observed.circle"), ElementsAre("LOGISTIC"));
  expect_equal_codes(report.at("verify").at(0));
  expect_equal_codes(report.at("verify").at(1));
  EXPECT_EQ(report.at("exports").at(0).at("nodes"), 2);
  EXPECT_EQ(report.at("exports").at(1).at("nodes"), 1);
}

// The step's qparams are no observed ones, so they stay.
TEST(FixedQparamsOfOneRun, LeftOutKeepTheStepsOfSilu) {
  OpFile file(one_activation("silu"), "uint8", "circle");
  file.recipe()["export"][0] = executed("none");
  file.recipe()["export"][0]["fixed_qparams"] = false;
  const json report = file.run();
  EXPECT_THAT(operators(file.folder() / "op.circle"), ElementsAre("LOGISTIC", "MUL"));
  expect_equal_codes(report.at("verify").at(0));
}

// A profile that names no qparams of the step leaves a node that no operator is for: plan says so.
TEST(FixedQparamsOfOneRun, WithoutQparamsOfTheStepAreRefusedByName) {
  const TempFolder profiles;
  write_file(profiles / "bare.profile.json",
             R"({"profile": "bare", "version": "1.0.0", "summary": "s", "source": "s", "formats": ["circle"],
                 "lowering": {}, "rules": []})");
  OpFile file(one_activation("silu"), "uint8", "circle");
  file.recipe()["plugins"] = {{"search", {profiles.path().string()}}};
  file.recipe()["export"][0]["profile"] = "bare";
  expect_error(core::ErrorKind::kPlugin, "the file's profile does not say which qparams its sigmoid has",
               [&] { file.plan(); });
}

// An old recipe's key of the backend.
TEST(FixedQparamsOfOneRun, AreNoOptionOfTheBackend) {
  OpFile file(one_activation("sigmoid"), "uint8", "circle");
  file.recipe()["export"][0]["options"] = {{"fixed_qparams", false}};
  expect_error(core::ErrorKind::kUsage, "fixed_qparams", [&] { file.plan(); });
}

}  // namespace
}  // namespace vernier::test
