// A profile file is foreign data: each thing that can be wrong with it is said, with the file and the place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/expect_error.h"
#include "support/shipped_profile.h"
#include "support/temp_folder.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"
#include "vernier/core/profiles.h"

namespace vernier::core::testing {
namespace {

namespace fs = std::filesystem;

std::string profile_text(const std::string& name, const std::string& rules, const std::string& more = "") {
  return R"({"profile": ")" + name +
         R"(", "version": "1.0.0", "summary": "a consumer", "source": "here", "formats": ["circle"])" + more +
         R"(, "rules": [)" + rules + "]}";
}

Profile profile_of(const fs::path& folder, const std::string& rules, const std::string& more = "") {
  const fs::path file = folder / "mine.profile.json";
  test::write_file(file, profile_text("mine", rules, more));
  return read_profile(file);
}

struct BadProfile {
  const char* rules;
  const char* more;
  const char* message;
};

TEST(ReadProfile, SaysWhatIsWrongAndWhere) {
  const BadProfile table[] = {
      {"", R"(, "tpyes": ["INT8"])", "unknown key \"tpyes\""},
      {R"({"operators": ["ADD"]})", "", "/rules/0: missing key \"says\""},
      {R"({"says": "x", "requires": []})", "", "unknown key \"requires\""},
      {R"({"says": "x", "severity": "fatal"})", "", "/rules/0/severity"},
      {R"({"says": "x", "require": [{"of": "weight", "present": true}]})", "", "/rules/0/require/0/of"},
      {R"({"says": "x", "require": [{"of": "input 0"}]})", "", "/rules/0/require/0"},
      {R"({"says": "x", "where": [{"of": "inputs", "constant": true}]})", "", "where takes one operand"},
      {R"({"says": "x", "require": [{"of": "input 0", "type_of": "outputs"}]})", "",
       "type_of and qparams_of take one operand"},
      {"", R"(, "limits": {"file_bytes": 0})", "/limits/file_bytes"},
      {"", R"(, "limits": {"signatures": 0})", "/limits/signatures"},
      {R"({"says": "x", "require": [{"of": "input 0", "qparams": {"UINT8": [[0, 0]]}}]})", "",
       "/qparams/UINT8/0/0"},
      {R"({"says": "x", "require": [{"of": "input 0", "qparams": {"UINT8": [[256, 0.9]]}}]})", "",
       "/qparams/UINT8/0/1"},
      {R"({"says": "x", "require": [{"of": "input 0", "qparams": {"UINT8": [[256, 1e300]]}}]})", "",
       "/qparams/UINT8/0/1"},
      {R"({"says": "x", "require": [{"of": "input 0", "zero_points": [18446744073709551615]}]})", "",
       "the zero point 18446744073709551615 is beyond 32 bits"},
      {R"({"says": "x", "require": [{"of": "input 0", "rank": {"min": 4, "max": 2}}]})", "",
       "a rank of at least more"},
      {"", R"(, "lowering": {"fixed": []})", "unknown key \"fixed\""},
      {"", R"(, "lowering": {"fixed_qparams": [{"ops": ["sigmoid"], "qparams": {}}]})",
       "/lowering/fixed_qparams/0/qparams"},
      {"", R"(, "lowering": {"fixed_qparams": [{"ops": ["sigmoid"], "qparams": {"uint4": [16, 0]}}]})",
       "unknown key \"uint4\""},
      {"", R"(, "lowering": {"fixed_qparams": [{"ops": ["sigmoid"], "qparams": {"uint8": [0, 0]}}]})",
       "/qparams/uint8/0"},
      {"", R"(, "lowering": {"fixed_qparams": [{"ops": ["sigmiod"], "qparams": {"uint8": [256, 0]}}]})",
       "there is no op \"sigmiod\""},
      {"", R"(, "lowering": {"fixed_qparams": [{"ops": ["tanh"], "qparams": {"uint8": [128, 256]}}]})",
       "the fixed zero point 256 of tanh is no code of uint8"},
      {"",
       R"(, "lowering": {"fixed_qparams": [{"ops": ["tanh"], "qparams": {"int8": [128,)"
       R"( 18446744073709551615]}}]})",
       "the fixed zero point 4611686018427387904 of tanh is no code of int8"},
      {"", R"(, "lowering": {"fixed_qparams": [{"ops": ["tanh"], "qparams": {"uint8": [1e-39, 0]}}]})",
       "the fixed qparams of tanh give the scale inf; float32 holds no such step"},
      {"", R"(, "lowering": {"fixed_qparams": [{"ops": ["tanh"], "qparams": {"int16": [32768, 1]}}]})",
       "the fixed zero point 1 of tanh is no 0, which int16 has"},
      {"",
       R"(, "lowering": {"fixed_qparams": [{"ops": ["tanh"], "qparams": {"uint8": [128, 128]}},
                                           {"ops": ["tanh"], "qparams": {"int8": [128, 0]}}]})",
       "the lowering of tanh is there twice"},
      {"", R"(, "lowering": {"steps": [{"op": "gelu", "qparams": {"uint8": [256, 0]}}]})",
       "/lowering/steps/0/op"},
      {"", R"(, "rules": [])", "rules"},
      {R"({"says": "x"} {)", "", "mine.profile.json:1:"},
  };
  const test::TempFolder folder;
  for (const BadProfile& row : table)
    test::expect_error(ErrorKind::kData, row.message,
                       [&] { (void)profile_of(folder.path(), row.rules, row.more); });
}

TEST(ReadProfile, IsNotCalledNoneAndPrintsOnOneLine) {
  const test::TempFolder folder;
  const fs::path none = folder.path() / "none.profile.json";
  test::write_file(none, profile_text("none", ""));
  test::expect_error(ErrorKind::kData, "the word of recipes for no profile",
                     [&] { (void)read_profile(none); });
  const Profile forged = profile_of(folder.path(), R"({"says": "a\nerror: fake \u001b[31m"})");
  EXPECT_EQ(forged.rules[0].says.find_first_of("\n\x1b"), std::string::npos) << forged.rules[0].says;
}

TEST(ReadProfile, WantsTheNameOfItsFile) {
  const test::TempFolder folder;
  const fs::path file = folder.path() / "mine.profile.json";
  test::write_file(file, profile_text("yours", ""));
  test::expect_error(ErrorKind::kData, "the file must be yours.profile.json",
                     [&] { (void)read_profile(file); });
  test::expect_error(ErrorKind::kData, "absent.profile.json",
                     [&] { (void)read_profile(folder.path() / "absent.profile.json"); });
}

TEST(ReadProfile, AnOperatorOrTypeThatCircleLacksIsAnErrorAndNotAForbiddenOne) {
  const test::TempFolder folder;
  const fs::path model = fs::path(VERNIER_SOURCE_DIR) / "tests/data/circle/gated_mlp.circle";
  const char* const rules[] = {R"({"says": "x", "operators": ["FULLY_CONECTED"]})",
                               R"({"says": "x", "except": ["FULLY_CONECTED"]})"};
  for (const char* rule : rules) {
    const Profile profile = profile_of(folder.path(), rule);
    test::expect_error(ErrorKind::kData, "Circle has no operator \"FULLY_CONECTED\"",
                       [&] { (void)check_file(model, &profile); });
  }
  const Profile profile =
      profile_of(folder.path(), R"({"says": "x", "require": [{"of": "inputs", "types": ["UNIT8"]}]})");
  test::expect_error(ErrorKind::kData, "Circle has no type \"UNIT8\"",
                     [&] { (void)check_file(model, &profile); });
}

// Each kind of demand, on a file whose first operator is FULLY_CONNECTED with uint8 operands of three axes.
struct DemandCase {
  const char* rule;  // `require` or `where`, and what stands in it
  const char* more;  // keys beside the rules
  const char* says;  // "": it fits
};

TEST(CheckProfile, HoldsEachKindOfDemand) {
  const DemandCase table[] = {
      {R"("require": [{"of": "input 0", "types": ["INT16", "INT8"]}])", "",
       "operand 0 is UINT8, not INT16 or INT8; because"},
      {R"("require": [{"of": "input 0", "types": ["UINT8"]}])", "", ""},
      {R"("require": [{"of": "input 1", "constant": false}])", "", "operand 1 is a constant; because"},
      {R"("require": [{"of": "input 0", "constant": true}])", "", "operand 0 is no constant; because"},
      {R"("require": [{"of": "output 0", "quantized": false}])", "",
       "its result is UINT8 with a scale; because"},
      {R"("require": [{"of": "input 2", "present": true}])", "", "operand 2 is not there; because"},
      {R"("require": [{"of": "input 2", "types": ["INT64"]}])", "", ""},  // absent: nothing to hold
      {R"("require": [{"of": "input 1", "present": false}])", "", "operand 1 is there; because"},
      {R"("require": [{"of": "input 1", "scales": "one"}])", "", "operand 1 has 128 scales; because"},
      {R"("require": [{"of": "input 0", "scales": "several"}])", "", "operand 0 has 1 scales; because"},
      {R"("require": [{"of": "input 1", "zero_points": [0]}])", "", "operand 1 has the zero point"},
      {R"("require": [{"of": "output 0", "qparams": {"UINT8": [[256, 0]]}}])", "", "its result has scale"},
      {R"("require": [{"of": "output 0", "qparams": {"INT16": [[32768, 0]]}}])", "", ""},
      {R"("require": [{"of": "output 0", "qparams_of": "input 0"}])", "",
       "its result has other scales or zero points; because"},
      {R"("require": [{"of": "inputs", "type_of": "output 0"}])", "", ""},
      {R"("require": [{"of": "input 0", "rank": {"min": 4}}])", "", "operand 0 has 3 axes; because"},
      {R"("require": [{"of": "input 0", "rank": {"max": 1}}])", "", "operand 0 has 3 axes; because"},
      {R"("where": [{"of": "input 0", "types": ["UINT8"]}])", "", "because"},
      {R"("where": [{"of": "input 0", "types": ["INT8"]}])", "", ""},
      {R"("where": [{"of": "input 2", "present": false}])", "", "because"},
      {R"("where": [{"of": "input 2", "types": ["INT32"]}])", "", ""},  // absent: it is about others
      {R"("where": [{"of": "input 0", "types": ["INT8"]}])", R"(, "types": ["UINT8"])", ""},
      {R"("where": [{"of": "input 0", "types": ["INT8"]}])", R"(, "types": ["INT8"])",
       "UINT8 is a type that is not loaded"},
      {R"("where": [{"of": "input 0", "types": ["INT8"]}])", R"(, "operators": ["ADD"])",
       "there is no such operator"},
      {R"("where": [{"of": "input 0", "types": ["INT8"]}])", R"(, "limits": {"file_bytes": 100})",
       "at most 100 are loaded"},
  };
  const test::TempFolder folder;
  const fs::path model = fs::path(VERNIER_SOURCE_DIR) / "tests/data/circle/gated_mlp.circle";
  for (const DemandCase& row : table) {
    const Profile profile = profile_of(
        folder.path(),
        R"({"says": "because", "operators": ["FULLY_CONNECTED"], )" + std::string(row.rule) + "}", row.more);
    const CheckResult result = check_file(model, &profile);
    EXPECT_EQ(result.has_errors(), *row.says != '\0') << row.rule << row.more << "\n" << result.to_table();
    if (*row.says == '\0') continue;
    EXPECT_THAT(result.findings, ::testing::Contains(::testing::AllOf(
                                     ::testing::Field(&Finding::rule, "profile-mine"),
                                     ::testing::Field(&Finding::what, ::testing::HasSubstr(row.says)))))
        << row.rule << "\n"
        << result.to_table();
  }
}

TEST(CheckProfile, AWarningIsNoError) {
  const test::TempFolder folder;
  const Profile profile = profile_of(
      folder.path(), R"({"says": "slow", "severity": "warning", "operators": ["FULLY_CONNECTED"]})");
  const CheckResult result =
      check_file(fs::path(VERNIER_SOURCE_DIR) / "tests/data/circle/gated_mlp.circle", &profile);
  EXPECT_FALSE(result.has_errors());
  EXPECT_EQ(result.findings.size(), 3u) << result.to_table();
}

TEST(Profiles, AreFoundWherePluginsAreAndTheRecipesFolderComesFirst) {
  const test::TempFolder folder;
  test::write_file(folder.path() / "luci.profile.json", profile_text("luci", "", R"(, "types": ["INT8"])"));
  test::write_file(folder.path() / "broken.profile.json", "{");
  fs::create_directory(folder.path() /
                       "npu.profile.json");  // no profile: it does not stand before the real one
  const Profiles profiles = Profiles::find({folder.path()});
  EXPECT_EQ(profiles.read("luci", "").types, std::vector<std::string>{"INT8"});
  EXPECT_EQ(profiles.read("npu", "").summary, test::shipped_profile("npu").summary);
  test::expect_error(ErrorKind::kUsage, "unknown profile \"lucy\"",
                     [&] { (void)profiles.read("lucy", "recipe.json:3:4"); });
  test::expect_error(ErrorKind::kData, "broken.profile.json", [&] { (void)profiles.read("broken", ""); });
}

TEST(Profiles, OfAFolderThatIsNotThereAreAnError) {
  const test::TempFolder folder;
  test::expect_error(ErrorKind::kUsage, "plugin folder does not exist",
                     [&] { (void)Profiles::find({folder.path() / "absent"}); });
}

TEST(Profiles, ThatAreShippedNameWhatCircleHas) {
  const Profiles profiles = Profiles::find({});
  EXPECT_THAT(profiles.files(), ::testing::SizeIs(::testing::Ge(6u)));
  for (const auto& [name, file] : profiles.files()) {
    const Profile profile = profiles.read(name, "");
    (void)check_bytes({}, &profile);
    EXPECT_FALSE(profile.source.empty()) << name;
  }
}

}  // namespace
}  // namespace vernier::core::testing
