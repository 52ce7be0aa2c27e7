// What a qparams.json may hold, and what of it must fit the model: each disagreement is told at its place.
#include "calibration/given_qparams.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/expect_error.h"
#include "support/temp_folder.h"

namespace vernier::core {
namespace {

// A list with one site, one key a line, so that its line tells which key is meant.
std::string site_text(const std::string& changed, const std::string& value) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"site", R"("a/x")"}, {"dtype", R"("int8")"}, {"scheme", R"("symmetric")"},
      {"axis", "null"},     {"scale", "[0.5]"},     {"zero_point", "[0]"},
  };
  std::string text = "[{";
  bool is_known = false;
  for (const auto& [key, usual] : rows) {
    is_known = is_known || key == changed;
    if (key == changed && value.empty()) continue;
    text += "\n\"" + key + "\": " + (key == changed ? value : usual) + ",";
  }
  if (!is_known && !changed.empty()) text += "\n\"" + changed + "\": " + value + ",";
  text.back() = '}';
  return text + "]";
}

struct Damage {
  const char* name;
  std::string text;
  const char* said;
};

class DamagedQparams : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedQparams, AreToldAtTheirPlace) {
  test::expect_error(ErrorKind::kData, GetParam().said,
                     [] { (void)GivenQparams::parse(GetParam().text, "q.json"); });
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedQparams,
    ::testing::Values(
        Damage{"cut", R"([{"site": "a/x", )", "q.json:1:"},
        Damage{"empty", "", "the file is empty\n  at q.json:1:1"},
        Damage{"nan", site_text("scale", "[NaN]"), "q.json:6:11"},
        Damage{"object", R"({"version": 2, "sites": []})",
               "a list of sites is expected, not an object of version 2\n  at q.json:1:1"},
        Damage{"row", "[\n3]", "a site is an object, not a whole number\n  at q.json:1:1 (/0)"},
        Damage{"lacks_scale", site_text("scale", ""), "missing key \"scale\"\n  at q.json:1:2 (/0)"},
        Damage{"unknown_key", site_text("zoom", "1"), "unknown key \"zoom\"\n  at q.json:8:9 (/0/zoom)"},
        Damage{"site", site_text("site", "7"), "\"site\" is a string, not a whole number\n  at q.json:2:9"},
        Damage{"dtype", site_text("dtype", R"("int7x")"),
               "is no dtype of codes\n  at q.json:3:10 (/0/dtype)"},
        Damage{"float", site_text("dtype", R"("float32")"), "\"float32\" is no dtype of codes"},
        Damage{"wide", site_text("dtype", R"("int32")"), "\"int32\" is no dtype of codes"},
        Damage{"scheme", site_text("scheme", R"("odd")"), "unknown scheme \"odd\"\n  at q.json:4:11"},
        Damage{"axis", site_text("axis", "-1"), "-1 is no axis\n  at q.json:5:9 (/0/axis)"},
        Damage{"far_axis", site_text("axis", "8"), "8 is no axis"},
        Damage{"null_scale", site_text("scale", "[null]"),
               "scale 0 is null; a scale is finite and above 0\n  at q.json:6:10 (/0/scale)"},
        Damage{"zero_scale", site_text("scale", "[0]"), "scale 0 is 0;"},
        Damage{"negative_scale", site_text("scale", "[-0.5]"), "scale 0 is -0.5;"},
        Damage{"beyond_float", site_text("scale", "[1e39]"), "scale 0 is 1e+39;"},
        Damage{"below_float", site_text("scale", "[1e-60]"), "scale 0 is 1e-60;"},
        Damage{"text_scale", site_text("scale", R"(["1"])"), "scale 0 is \"1\";"},
        Damage{"no_scales", site_text("scale", "[]"), "\"scale\" is a list of numbers, not an empty one"},
        Damage{"one_scale", site_text("scale", "0.5"), "\"scale\" is a list of numbers, not a number"},
        Damage{"two_scales", site_text("scale", "[0.5, 0.5]"), "2 scales and 1 zero points"},
        Damage{
            "zero_point_above", site_text("zero_point", "[128]"),
            "zero point 0 is 128; the codes of int8 go from -128 to 127\n  at q.json:7:15 (/0/zero_point)"},
        Damage{"zero_point_below", site_text("zero_point", "[-129]"), "zero point 0 is -129;"},
        Damage{"zero_point_huge", site_text("zero_point", "[18446744073709551615]"),
               "zero point 0 is 1844674407"},
        Damage{"zero_point_float", site_text("zero_point", "[0.5]"), "zero point 0 is 0.5;"},
        Damage{"block", site_text("block_size", "0"), "0 is no block size\n  at q.json:8:15"},
        Damage{"huge_block", site_text("block_size", "18446744073709551615"), "is no block size"},
        Damage{"range", site_text("declared_range", "[1]"), "a declared range is two numbers"},
        Damage{"raised", site_text("raised", R"([{"channel": 1, "from": 1, "to": 2, "bias": "b"}])"),
               "is no raised scale"},
        Damage{"twice",
               R"([{"site":"s","dtype":"int8","scheme":"symmetric","axis":null,"scale":[1],"zero_point":[0]},
{"site":"s","dtype":"int8","scheme":"symmetric","axis":null,"scale":[1],"zero_point":[0]}])",
               "site s stands there twice\n  at q.json:2:9 (/1/site)"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(GivenQparams, SayHowManySitesTheyHave) {
  EXPECT_EQ(GivenQparams::parse("[]", "q.json").sites(), 0U);
  EXPECT_EQ(GivenQparams::parse(site_text("", ""), "q.json").sites(), 1U);
  test::TempFolder folder;
  test::write_file(folder / "q.json", site_text("", ""));
  EXPECT_EQ(GivenQparams::read(folder / "q.json").sites(), 1U);
  test::expect_error(ErrorKind::kData, "none.json", [&] { (void)GivenQparams::read(folder / "none.json"); });
}

// A tree of two sites: an int8 weight by channel, and a uint8 activation.
struct Model {
  Model() {
    Site weight, activation;
    weight.path = "a/weight";
    weight.is_weight = true;
    weight.reason = "wrapper default";
    weight.spec.observer = activation.spec.observer = "minmax";
    weight.spec.dtype = DType(VERNIER_DTYPE_INT, 8);
    weight.spec.scheme = Scheme::kSymmetric;
    weight.spec.granularity = Granularity::kChannel;
    weight.spec.axis = 0;
    activation.path = "a/x";
    activation.reason = "role default";
    activation.spec.dtype = DType(VERNIER_DTYPE_UINT, 8);
    activation.spec.scheme = Scheme::kAsymmetric;
    activation.spec.granularity = Granularity::kTensor;
    tree.sites = {weight, activation};
    for (Site& site : tree.sites) site.qparams.emplace();
    Parameter parameter;
    parameter.path = "a.weight";
    parameter.site = 0;
    parameter.source = Tensor::allocate(kFloat32, {2, 3});
    tree.parameters.push_back(parameter);
  }

  // An answer of no text is "fits".
  void expect(const nlohmann::json& rows, const std::string& text) const {
    const GivenQparams given = GivenQparams::parse(rows.dump(), "q.json");
    const auto check = [&] {
      given.check(
          tree,
          [](const auto& see) {
            see(1, {4, 3});
          },
          "r.json:5:13 (/quantization/from)");
    };
    if (text.empty())
      EXPECT_NO_THROW(check());
    else
      test::expect_error(ErrorKind::kUsage, text, check);
  }

  ModuleTree tree;
};

nlohmann::json fitting() {
  return nlohmann::json::parse(R"([
    {"site": "a/weight", "dtype": "int8", "scheme": "symmetric", "axis": 0,
     "scale": [1, 2], "zero_point": [0, 0]},
    {"site": "a/x", "dtype": "uint8", "scheme": "asymmetric", "axis": null,
     "scale": [0.5], "zero_point": [3]}])");
}

struct Change {
  const char* name;
  size_t row;
  const char* key;
  const char* value;
  const char* said;
};

class QparamsOfAnother : public ::testing::TestWithParam<Change> {};

TEST_P(QparamsOfAnother, AreRefused) {
  const Change& change = GetParam();
  nlohmann::json rows = fitting();
  rows[change.row][change.key] = nlohmann::json::parse(change.value);
  Model().expect(rows, change.said);
}

INSTANTIATE_TEST_SUITE_P(
    All, QparamsOfAnother,
    ::testing::Values(
        Change{"nothing", 0, "scale", "[1, 2]", ""},
        Change{"name", 0, "site", R"("a/wieght")", "the model has no site a/wieght"},
        Change{"name_is_suggested", 0, "site", R"("a/wieght")", "did you mean \"a/weight\"?"},
        Change{"name_leaves_one_out", 0, "site", R"("a/wieght")",
               "site a/weight of the model is not in the file\n  at q.json:1:1"},
        Change{"whose_recipe", 0, "site", R"("a/wieght")", "r.json:5:13 (/quantization/from) wants it"},
        Change{"dtype", 1, "dtype", R"("uint16")",
               "site a/x has uint16 here, and the recipe gives it uint8 (role default)"},
        Change{"dtype_place", 1, "dtype", R"("uint16")", "(/1/dtype)"},
        Change{"scheme", 0, "scheme", R"("asymmetric")",
               "site a/weight has asymmetric here, and the recipe gives it symmetric (wrapper default)"},
        Change{"axis", 0, "axis", "1",
               "site a/weight has a scale for each index of axis 1 here, and the recipe gives it a scale for "
               "each index of axis 0"},
        Change{"channels", 1, "axis", "0", "and the recipe gives it one scale"},
        Change{"block", 1, "block_size", "3", "site a/x has a scale for each block of 3 here"},
        Change{"range", 1, "declared_range", "[0, 1]",
               "site a/x has the declared range [0, 1] here, and its wrapper declares none"},
        Change{"tie", 1, "tied_to", R"("a/weight")",
               "site a/x is tied to a/weight here, and its wrapper ties it to none"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(GivenQparams, FitTheirTensors) {
  nlohmann::json rows = fitting();
  rows[0]["scale"] = {1, 2, 3};
  rows[0]["zero_point"] = {0, 0, 0};
  Model().expect(
      rows,
      "site a/weight has 3 scales, a scale for each index of axis 0, which does not fit tensor a.weight of "
      "shape [2, 3]");
  Model by_channel;
  by_channel.tree.sites[1].spec.granularity = Granularity::kChannel;
  by_channel.tree.sites[1].spec.axis = 1;
  rows = fitting();
  rows[1]["axis"] = 1;
  by_channel.expect(
      rows,
      "site a/x has 1 scales, a scale for each index of axis 1, which does not fit a sample's tensor of "
      "shape [4, 3]");
  rows[1]["scale"] = {1, 2, 3};
  rows[1]["zero_point"] = {0, 0, 0};
  by_channel.expect(rows, "");
}

TEST(GivenQparams, LeaveOutWhatStaysFloatAndNothingElse) {
  Model model;
  model.tree.sites[1].qparams->is_float = true;
  model.tree.sites[1].spec.observer = "identity";
  nlohmann::json rows = fitting();
  model.expect(
      rows,
      "site a/x has qparams here, and observer identity of the recipe (role default) leaves it in float");
  rows.erase(1);
  model.expect(rows, "");
  model.tree.sites[1].is_reached = false;
  model.expect(fitting(), "");  // a run of more units wrote it
}

TEST(GivenQparams, OfATieAreThoseOfItsOwner) {
  Model model;
  Site tied = model.tree.sites[1];
  tied.path = "a/y";
  tied.tied_to = 1;
  model.tree.sites.push_back(tied);
  nlohmann::json rows = fitting();
  rows.push_back(rows[1]);
  rows[2]["site"] = "a/y";
  model.expect(rows, "site a/y is tied to none here, and its wrapper ties it to a/x");
  rows[2]["tied_to"] = "a/x";
  model.expect(rows, "");
  rows[2]["scale"] = {0.25};
  model.expect(rows, "site a/y has other qparams than a/x, which it is tied to");
}

TEST(GivenQparams, AreGivenToSitesThatAreReached) {
  Model model;
  for (Site& site : model.tree.sites) site.qparams.reset();
  nlohmann::json rows = fitting();
  rows[0]["raised"] = {{{"channel", 1}, {"from", 1}, {"to", 2}, {"bias", "a.bias"}}};
  GivenQparams::parse(rows.dump(), "q.json").give(model.tree);
  const Site& weight = model.tree.sites[0];
  EXPECT_EQ(weight.qparams->scale, (std::vector<float>{1, 2}));
  EXPECT_EQ(weight.qparams->axis, 0);
  ASSERT_EQ(weight.raised.size(), 1U);
  EXPECT_EQ(weight.raised[0].channel, 1);
  EXPECT_EQ(weight.raised[0].after, 2);
  EXPECT_EQ(weight.raised[0].bias, "a.bias");
  EXPECT_EQ(model.tree.sites[1].qparams->zero_point, (std::vector<int32_t>{3}));
  rows.erase(1);
  model.tree.sites[1].qparams.reset();
  model.tree.sites[0].is_reached = false;
  model.tree.sites[0].qparams.reset();
  GivenQparams::parse(rows.dump(), "q.json").give(model.tree);
  EXPECT_TRUE(model.tree.sites[1].qparams->is_float);
  EXPECT_FALSE(model.tree.sites[0].qparams.has_value());
}

}  // namespace
}  // namespace vernier::core
