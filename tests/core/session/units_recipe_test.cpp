// Recipes with units that say what cannot be are refused before the work; a site that no unit reaches is
// told.
#include <gmock/gmock.h>

#include "core/session/units_fixture.h"

namespace vernier::core::testing {
namespace {

struct Wrong {
  const char* what;
  std::string pointer;  // of the recipe's value that is set
  json value;           // null: taken out
  ErrorKind kind;
  std::string text;  // of the error
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.what; }

class WrongUnits : public Units, public ::testing::WithParamInterface<Wrong> {};

TEST_P(WrongUnits, IsToldBeforeTheWork) {
  const json::json_pointer place(GetParam().pointer);
  if (GetParam().value.is_null())
    recipe_.at(place.parent_pointer()).erase(place.back());
  else
    recipe_[place] = GetParam().value;
  expect_refusal(GetParam().kind, GetParam().text);
}

const char* const kFed = "/units/1/calibration/inputs/from_units";
const json kAllFed = {{"kind", "units"}, {"from_units", {{"past", {{"unit", "prefill"}, {"output", 1}}}}}};

const json kShaped = {{"shape", {1, 1, 2}}};
const json kGivenTwice = {{"samples", 1},
                          {"inputs",
                           {{"kind", "synthetic"},
                            {"inputs", {{"x", kShaped}, {"past", kShaped}}},
                            {"from_units", {{"past", {{"unit", "prefill"}, {"output", 1}}}}}}}};

INSTANTIATE_TEST_SUITE_P(
    Rows, WrongUnits,
    ::testing::Values(
        Wrong{"calibration_beside_units",
              "/calibration",
              {{"inputs", {{"kind", "npy"}, {"path", "x.npy"}}}},
              ErrorKind::kUsage,
              "\"calibration\" does not go with \"units\""},
        Wrong{"evaluation_beside_units",
              "/evaluation",
              {{"samples", 1}},
              ErrorKind::kUsage,
              "\"evaluation\" does not go with \"units\""},
        Wrong{"two_of_one_name", "/units/1/name", "prefill", ErrorKind::kUsage,
              "two units are named \"prefill\""},
        Wrong{"an_odd_name", "/units/1/name", "a b", ErrorKind::kUsage, "It matches ^[A-Za-z]"},
        Wrong{"fed_with_other_shapes", std::string(kFed) + "/past/output", 0, ErrorKind::kPlugin,
              "(/units/1/calibration/inputs)"},
        Wrong{"an_axis_that_is_not_there",
              "/quantization/rules",
              {{{"match", "scores"}, {"granularity", "channel"}, {"axis", 5}}},
              ErrorKind::kPlugin,
              "site scores: channel axis 5 of a tensor of shape [1, 3, 3]"},
        Wrong{"an_axis_that_a_weight_has_not",
              "/quantization/rules",
              {{{"match", "key_proj/weight"}, {"granularity", "channel"}, {"axis", 2}}},
              ErrorKind::kPlugin,
              "site key_proj/weight: channel axis 2 of a tensor of shape [2, 2]"},
        Wrong{"fed_by_nobody", std::string(kFed) + "/past/unit", "prefil", ErrorKind::kUsage,
              "no unit \"prefil\" stands before this"},
        Wrong{"fed_by_itself", std::string(kFed) + "/past/unit", "decode", ErrorKind::kUsage,
              "there are: prefill"},
        Wrong{"no_such_output", std::string(kFed) + "/past/output", 2, ErrorKind::kUsage,
              "unit prefill has no output 2"},
        Wrong{"no_such_input",
              std::string(kFed) + "/passed",
              {{"unit", "prefill"}},
              ErrorKind::kUsage,
              "Cached has no input \"passed\""},
        Wrong{"comes_from_nowhere", "/units/1/calibration/inputs", kAllFed, ErrorKind::kUsage,
              "the input \"x\" of unit decode comes from nowhere"},
        Wrong{"a_path_that_nobody_reads",
              "/units/1/calibration/inputs/from_units/x",
              {{"unit", "prefill"}},
              ErrorKind::kUsage,
              "all inputs of unit decode come from units"},
        Wrong{"given_twice", "/units/1/calibration", kGivenTwice, ErrorKind::kUsage,
              "the input \"past\" comes from a unit"},
        Wrong{"units_without_units",
              "/units/1/calibration/inputs",
              {{"kind", "units"}},
              ErrorKind::kUsage,
              "inputs of kind \"units\" need \"from_units\""},
        Wrong{"more_samples_than_feed_it", "/units/0/calibration/samples", 1, ErrorKind::kUsage,
              "2 samples are taken, but unit prefill, which feeds them, has 1"},
        Wrong{"stacked", "/units/1/calibration/batch_size", 2, ErrorKind::kUsage,
              "inputs that come from units are not stacked"},
        Wrong{"no_such_entry", "/units/1/entry", "decde", ErrorKind::kUsage, "(/units/1/entry)"},
        Wrong{"no_such_module", "/units/0/module", "key_porj", ErrorKind::kUsage, "(/units/0/module)"},
        Wrong{"no_such_entry_of_a_part", "/units/0/module", "key_proj", ErrorKind::kUsage,
              "Linear has no entry prefill"},
        Wrong{"an_export_of_none", "/export/1/unit", nullptr, ErrorKind::kUsage, "the entry names no unit"},
        Wrong{"an_export_of_nobody", "/export/1/unit", "decoder", ErrorKind::kUsage,
              "no unit \"decoder\" is in the recipe"},
        Wrong{"an_export_of_an_entry", "/export/1/entry", "decode", ErrorKind::kUsage,
              "in a recipe with \"units\" a unit is exported"},
        Wrong{"both_unit_and_units",
              "/export/1/units",
              {"decode"},
              ErrorKind::kUsage,
              "\"unit\" does not go with \"units\""},
        Wrong{"no_units_and_no_calibration", "/units", nullptr, ErrorKind::kUsage,
              "missing key \"calibration\""}),
    [](const auto& row) { return std::string(row.param.what); });

TEST_F(Units, ASiteThatNoEntryReachesIsNamed) {
  recipe_["model"]["config"] = {{"idle", true}};
  recipe_["units"].push_back({{"name", "forward"}, {"calibration", {{"inputs", samples("prefill")}}}});
  expect_refusal(ErrorKind::kData, "site idle was never observed");
}

// forward reaches act_in, whose qparams are to be those of "scores", which prefill and decode reach.
TEST_F(Units, ASiteThatIsTiedToOneThatNoUnitReachesIsNamed) {
  recipe_["model"]["config"] = {{"tied", true}};
  recipe_["units"].erase(1);
  recipe_["units"][0]["entry"] = "forward";
  recipe_["export"] = json::array();
  expect_refusal(ErrorKind::kData, "site scores was never observed");
}

TEST_F(Units, ASiteOfAnEntryThatIsNotRunIsLeftOut) {
  recipe_["units"].erase(1);
  recipe_["units"][0]["entry"] = "forward";
  recipe_["export"] = json::array();
  const json planned = plan(options());
  for (const json& row : planned.at("sites")) {
    const std::string name = row.at("site");
    EXPECT_EQ(row.at("reached"), name == "act_in" || name == "key_proj/weight") << name;
  }
  const json report = run(options()).report;
  for (const json& row : report.at("coverage").at("sites")) {
    const std::string name = row.at("site");
    EXPECT_EQ(row.at("status"), name == "act_in" || name == "key_proj/weight" ? "quantized" : "unused")
        << name;
  }
  EXPECT_EQ(read_json(folder_ / "run/qparams.json").size(), 2U) << "no stand-in of a site gets out";
}

TEST_F(Units, AUnitWithoutUnitsIsRefusedInAnExport) {
  recipe_["calibration"] = recipe_["units"][0]["calibration"];
  recipe_.erase("units");
  recipe_["export"] = json::array({{{"backend", "circle"}, {"unit", "prefill"}, {"file", "a.circle"}}});
  expect_refusal(ErrorKind::kUsage, "the recipe has no \"units\"");
  recipe_["export"] = json::array({{{"backend", "circle"}, {"entry", "prefill"}, {"file", "a.circle"}},
                                   {{"backend", "circle"}, {"entry", "decode"}, {"file", "b.circle"}}});
  expect_refusal(ErrorKind::kUsage, "two entries in one run: prefill and decode");
}

}  // namespace
}  // namespace vernier::core::testing
