// Tables, declared ranges, ties; and what is wrong with them where it is.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/session/wrapper_words.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// Tables and ranges.
class Tables : public WrapperWords {
 protected:
  // Zeros but for the first: row 0 of 6 has a limit of 5.
  void add_ids(int64_t rows) {
    core::Tensor ids = core::Tensor::allocate(kInt32, {rows, 1});
    std::fill_n(ids.mutable_as<int32_t>(), rows, 0);
    ids.mutable_as<int32_t>()[0] = 7;
    inputs_["ids.0"] = inputs_["ids.1"] = ids;
  }
  void fault(const json& config) {
    type("Tabled", {6, 4}, config);
    tensors_["weight"] = test::floats({4}, {0.25f, 0.5f, -1, 2});
    add_ids(6);
  }
};

TEST_F(Tables, AreConstantsOfTheFile) {
  fault(json::object());
  const json found = report();
  EXPECT_EQ(found.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
  const std::vector<float> y = output("float_out.0");
  const float* x = inputs_.at("x.0").as<float>();
  const float* weight = tensors_.at("weight").as<float>();
  for (int64_t row = 0; row < 6; ++row) {
    for (int64_t column = 0; column < 4; ++column) {
      const bool is_kept = column <= row && (row == 0 ? 7 : 0) < 5 - row;
      const float wanted =
          is_kept ? x[row * 4 + column] * std::cos(static_cast<float>(row * column)) : -2 * weight[column];
      EXPECT_FLOAT_EQ(y[static_cast<size_t>(row * 4 + column)], wanted) << row << " " << column;
    }
  }
  const json cos = row(found.at("coverage").at("parameters"), "parameter", "cos");
  EXPECT_EQ(cos.at("made_of"), (json{{"table", true}}));
  EXPECT_EQ(cos.at("status"), "quantized");
  EXPECT_EQ(cos.at("files").at(0).at("dtype"), "uint8");
  EXPECT_EQ(row(found.at("coverage").at("parameters"), "parameter", "mask").at("checkpoint_dtype"), nullptr);
}

TEST_F(Tables, DifferBetweenShapesAndSitesSeeEach) {
  fault(json::object());
  recipe_["export"] = json::array();
  inputs_["x.1"] = test::ramp({9, 4});
  const core::Tensor small = inputs_.at("ids.0");
  add_ids(9);
  inputs_["ids.0"] = small;
  const json found = report();
  EXPECT_EQ(found.at("samples").at("evaluation"), 2);
  size_t tables = 0;
  for (const json& one : found.at("coverage").at("parameters"))
    tables += one.count("made_of") && one.at("made_of").count("table") ? 1 : 0;
  EXPECT_EQ(tables, 4u) << "those of the shapes that a file gets";
}

TEST_F(Tables, EqualNumbersUnderOneNameAreOneTable) {
  fault({{"fault", "equal numbers"}});
  size_t orders = 0;
  const json found = report();
  for (const json& one : found.at("coverage").at("parameters"))
    orders += one.at("parameter").get<std::string>().rfind("order", 0) == 0 ? 1 : 0;
  EXPECT_EQ(orders, 1u);
}

struct Fault {
  const char* name;
  json config;
  const char* text;
};

class WrongTables : public Tables, public ::testing::WithParamInterface<Fault> {};

TEST_P(WrongTables, AreRefusedInWords) {
  fault(GetParam().config);
  refuses(ErrorKind::kPlugin, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongTables,
    ::testing::Values(
        Fault{"OtherNumbersInOneForward",
              {{"fault", "other numbers"}},
              "table \"order\" is given twice in one forward, with other numbers"},
        Fault{"OtherNumbersTheSecondTime",
              {{"fault", "keeps state"}},
              "two calls of forward with inputs of equal shapes differ: table cos had other numbers the "
              "second time"},
        Fault{"AParametersName",
              {{"fault", "a parameter's name"}},
              "table \"weight\" has the name of a parameter"},
        Fault{"ExtentsBeyondAllNumbers",
              {{"fault", "extents that overflow"}},
              "table one has 1 values, which do not fill its shape [4294967296, 4294967296, 1]"},
        Fault{"ANegativeExtent", {{"fault", "a negative extent"}}, "which do not fill its shape [-1, -1]"},
        Fault{"TooFewValues",
              {{"fault", "too few values"}},
              "table one has 1 values, which do not fill its shape [2]"},
        Fault{"ARangeUpsideDown", {{"low", 2}, {"high", 1}}, "site cos declares the range [2, 1]"},
        Fault{"ARangeBeyondFloat32", {{"low", -1e39}}, "site cos declares the range"}),
    [](const auto& one) { return one.param.name; });

TEST_F(Tables, ADeclaredRangeIsWhatTheObserverSees) {
  fault({{"low", -3}, {"high", 5}});
  const json found = report();
  const json site = row(found.at("coverage").at("sites"), "site", "cos");
  EXPECT_EQ(site.at("declared_range"), (json{-3, 5}));
  EXPECT_EQ(site.at("collected"), 1);
  const json numbers = qparams("cos");
  EXPECT_EQ(numbers.at("declared_range"), (json{-3, 5}));
  EXPECT_FLOAT_EQ(numbers.at("scale").at(0).get<float>(), 8.0f / 255);
  EXPECT_EQ(numbers.at("zero_point").at(0), 96) << "round(3 / (8 / 255))";
  EXPECT_EQ(row(plan(options()).at("sites"), "site", "cos").at("declared_range"), (json{-3, 5}));
}

struct SmallRange {
  const char* name;
  double low, high;
  float scale;
  int zero_point;
};

class SmallRanges : public Tables, public ::testing::WithParamInterface<SmallRange> {};

// A range without width, or one that float32 can hardly tell from it: the scale of a constant.
TEST_P(SmallRanges, GiveFiniteScales) {
  fault({{"low", GetParam().low}, {"high", GetParam().high}});
  recipe_["export"] = json::array();
  recipe_["quantization"]["rules"] = {{{"match", "cos"}, {"dtype", "uint8"}}};
  recipe_["quantization"]["on_zero_codes"] = "warn";  // the table's cosines are beyond the range
  (void)report();
  const json numbers = qparams("cos");
  EXPECT_EQ(numbers.at("scale").at(0).get<float>(), GetParam().scale);
  EXPECT_EQ(numbers.at("zero_point").at(0), GetParam().zero_point);
}

INSTANTIATE_TEST_SUITE_P(Table, SmallRanges,
                         ::testing::Values(SmallRange{"Nothing", 0, 0, 1, 0},
                                           SmallRange{"DenormalFloats", -1e-40, 1e-40, 1, 0},
                                           SmallRange{"DenormalDoubles", -1e-310, 1e-310, 1, 0},
                                           SmallRange{"OnePoint", 2, 2, 2, 0},
                                           SmallRange{"OnePointBelow", -2, -2, 2, 255},
                                           SmallRange{"Narrow", -1e-9, 1e-9, 1, 0},
                                           SmallRange{"BesideTheSmallestScale", 0, 1e-7, 1e-8f, 0}),
                         [](const auto& one) { return one.param.name; });

TEST_F(Tables, EachChannelHasTheDeclaredRange) {
  fault({{"low", -1}, {"high", 3}});
  recipe_["export"] = json::array();
  recipe_["quantization"]["rules"] = {{{"match", "cos"}, {"granularity", "channel"}, {"axis", 1}}};
  (void)report();
  const json numbers = qparams("cos");
  EXPECT_EQ(numbers.at("axis"), 1);
  ASSERT_EQ(numbers.at("scale").size(), 4u);
  for (const json& scale : numbers.at("scale")) EXPECT_FLOAT_EQ(scale.get<float>(), 4.0f / 255);
}

// Ties.
class Ties : public WrapperWords {
 protected:
  void ties(const json& config) { type("TiedSites", {3, 4}, config); }
  [[nodiscard]] json collected(const json& found, const char* site) const {
    return row(found.at("coverage").at("sites"), "site", site).at("collected");
  }
};

TEST_F(Ties, GiveTheQparamsOfTheOwnerWhoAloneObserves) {
  ties({{"in", "second/act_out"}, {"first", "second/act_out"}});  // both name one that comes later
  const json found = report();
  EXPECT_EQ(found.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
  const json owner = qparams("second/act_out");
  for (const char* site : {"act_in", "first/act_out"}) {
    EXPECT_EQ(qparams(site).at("scale"), owner.at("scale")) << site;
    EXPECT_EQ(qparams(site).at("tied_to"), "second/act_out") << site;
    EXPECT_EQ(collected(found, site), 0) << site;
    const json coverage = row(found.at("coverage").at("sites"), "site", site);
    EXPECT_EQ(coverage.at("tied_to"), "second/act_out");
    EXPECT_EQ(coverage.at("chosen_by"), "tied to second/act_out");
    EXPECT_EQ(coverage.at("status"), "quantized");
  }
  EXPECT_EQ(collected(found, "second/act_out"), 2);
  EXPECT_EQ(owner.count("tied_to"), 0u);
  EXPECT_EQ(row(plan(options()).at("sites"), "site", "act_in").at("tied_to"), "second/act_out");
}

TEST_F(Ties, ChainsEndAtTheirOwner) {
  ties({{"out", "act_in"}, {"first", "act_in"}, {"in", "second/act_in"}});
  (void)report();
  for (const char* site : {"act_in", "act_out"})
    EXPECT_EQ(qparams(site).at("tied_to"), "second/act_in") << site;
  EXPECT_EQ(qparams("first/act_out").at("tied_to"), "first/act_in") << "below its own module first";
}

TEST_F(Ties, TakeTheSpecOfTheOwner) {
  ties({{"out", "act_in"}});
  recipe_["quantization"]["rules"] = {{{"match", "act_in"}, {"dtype", "int16"}, {"scheme", "symmetric"}}};
  recipe_["export"] = json::array();
  (void)report();
  EXPECT_EQ(qparams("act_out").at("dtype"), "int16");
}

TEST_F(Ties, ARuleForATiedSiteAloneHasNoEffect) {
  ties({{"out", "act_in"}});
  recipe_["quantization"]["rules"] = {{{"match", "act_out"}, {"dtype", "int16"}}};
  refuses(ErrorKind::kUsage, "rule 1 has no effect: act_out is tied to act_in and has its spec");
}

// The owner's scale of a channel is raised for the bias of the tied weight: both have it, and codes that fit
// it.
TEST_F(Ties, ARaisedScaleIsRaisedForBoth) {
  type("TiedWeights", {3, 4});
  recipe_["quantization"]["activation"] = {{"dtype", "uint8"}};
  core::Tensor second = test::ramp({4, 4});
  for (int64_t i = 4; i < 8; ++i) second.mutable_as<float>()[i] = 1e-7f;
  tensors_ = {{"first", test::ramp({4, 4})},
              {"second", second},
              {"first_bias", test::floats({4}, {1, 400, -1, 0})},
              {"second_bias", test::floats({4}, {0, -100, 1, 2})}};
  const json found = report();
  EXPECT_EQ(found.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
  const json owner = row(found.at("coverage").at("sites"), "site", "second_site");
  EXPECT_EQ(owner.at("raised").at(0).at("channel"), 1);
  EXPECT_EQ(owner.at("collected"), 1);
  const json tied = row(found.at("coverage").at("sites"), "site", "first_site");
  EXPECT_EQ(tied.at("tied_to"), "second_site");
  EXPECT_EQ(tied.at("collected"), 0);
  EXPECT_EQ(qparams("first_site").at("scale"), qparams("second_site").at("scale"));
  EXPECT_EQ(qparams("second_site").at("scale").at(1), owner.at("raised").back().at("to"));
  for (const json& export_row : found.at("exports")) EXPECT_EQ(export_row.at("saturated_biases"), 0);
}

class WrongTies : public Ties, public ::testing::WithParamInterface<Fault> {};

TEST_P(WrongTies, AreRefusedWithBothNames) {
  ties(GetParam().config);
  refuses(ErrorKind::kPlugin, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongTies,
    ::testing::Values(Fault{"NoSuchSite",
                            {{"out", "second/act_uot"}},
                            "site act_out is tied to \"second/act_uot\", which is no site"},
                      Fault{"TheNearestIsNamed", {{"out", "second/act_uot"}}, "second/act_out"},
                      Fault{"ACircle",
                            {{"out", "act_in"}, {"in", "act_out"}},
                            "sites act_in and act_out are tied in a circle"},
                      Fault{"Itself", {{"out", "act_out"}}, "sites act_out and act_out are tied in a circle"},
                      Fault{"ASiteWithARange",
                            {{"out", "act_in"}, {"range", true}},
                            "site act_out declares a range and is tied to act_in"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core::testing
