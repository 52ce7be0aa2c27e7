// c.quantize(site, x, where): observers see the rows where `where` is true, and nothing else knows of it.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/session/wrapper_words.h"
#include "file/mapped_file.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

core::Tensor bools(const std::vector<bool>& values) {
  core::Tensor x = core::Tensor::allocate(kBool, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), x.mutable_as<uint8_t>());
  return x;
}

// Samples of three rows: 0.125 to 0.5, 0.625 to 1, 1.125 to 1.5.
class ObservedRows : public WrapperWords {
 protected:
  ObservedRows() { plugin_ = "offers"; }
  void mask(const std::string& kind, const std::vector<bool>& first = {true, true, true},
            const std::vector<bool>& second = {true, true, true}) {
    type("Rows", {3, 4}, {{"mask", kind}});
    inputs_["is_kept.0"] = bools(first);
    inputs_["is_kept.1"] = bools(second);
  }
  double scale(const std::string& site) { return qparams(site).at("scale").at(0).get<double>(); }
};

TEST_F(ObservedRows, DecideTheScalesAndNothingElse) {
  mask("input", {true, false, false}, {false, true, false});
  const json found = report();
  EXPECT_FLOAT_EQ(static_cast<float>(scale("act_in")), 1.0f / 255) << "rows 0 and 1; row 2 would give 1.5";
  EXPECT_FLOAT_EQ(static_cast<float>(scale("act_out")), 2.0f / 255);
  EXPECT_EQ(row(found.at("coverage").at("sites"), "site", "act_in").at("collected"), 2);
  const std::vector<float> floats = output("float_out.0"), quantized = output("quant_out.0");
  ASSERT_EQ(floats.size(), 12u);
  EXPECT_EQ(floats[11], 3.0f) << "2 * 1.5, in a row that nobody observed";
  EXPECT_FLOAT_EQ(quantized[11], 2.0f) << "clipped: the grid ends there for every row";
  EXPECT_EQ(found.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
}

// A mask without samples is that of one sample: stacked samples would be seen through it by the first alone.
TEST_F(ObservedRows, OfAConstantMaskAreNotStacked) {
  mask("table");
  recipe_["calibration"]["batch_size"] = 2;
  test::expect_error(ErrorKind::kUsage, "site act_in sees the rows that a constant mask chooses",
                     [&] { (void)report(); });
}

TEST_F(ObservedRows, MayHoldAnythingWhereNobodyLooks) {
  mask("input", {true, true, false}, {true, true, false});
  recipe_["export"] = json::array();
  recipe_["evaluation"] = {
      {"samples", 1},
      {"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "good.safetensors").string()}}}};
  test::write_tensors(folder_ / "good.safetensors",
                      {{"x.0", test::ramp({3, 4})}, {"is_kept.0", bools({true, true, true})}});
  inputs_.at("x.1").mutable_as<float>()[11] = std::numeric_limits<float>::quiet_NaN();
  inputs_.at("x.0").mutable_as<float>()[8] = std::numeric_limits<float>::infinity();
  (void)report();
  EXPECT_FLOAT_EQ(static_cast<float>(scale("act_in")), 1.0f / 255);
}

TEST_F(ObservedRows, ThatHoldNaNAreAnErrorAsEver) {
  mask("input");
  inputs_.at("x.1").mutable_as<float>()[11] = std::numeric_limits<float>::quiet_NaN();
  test::expect_error(ErrorKind::kData, "site act_in saw NaN or Inf in calibration sample 1",
                     [&] { (void)run(options()); });
}

TEST_F(ObservedRows, OfNoSampleLeaveTheSiteUnobserved) {
  mask("input", {false, false, false}, {false, false, false});
  test::expect_error(ErrorKind::kData, "site act_in was never observed", [&] { (void)run(options()); });
}

TEST_F(ObservedRows, AreNoPartOfTheFile) {
  const auto bytes_of = [&](const std::string& kind) {
    mask(kind);
    const json found = report();
    for (const json& one : found.at("coverage").at("parameters"))
      EXPECT_EQ(one.at("parameter"), "unused") << kind << ": " << one.dump();
    const auto file = MappedFile::open(folder_ / "out/m.circle");
    return std::string(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
  };
  const std::string without = bytes_of("none"), with = bytes_of("input");
  EXPECT_EQ(with, without) << "all rows are kept: the same scales, the same file";
  for (const char* kind : {"table", "made"}) {
    const std::string other = bytes_of(kind);
    EXPECT_FLOAT_EQ(static_cast<float>(scale("act_in")), 0.5f / 255) << kind << ": the first row";
    EXPECT_EQ(other.size(), without.size()) << kind << ": nothing of the mask is in it";
    for (const char* name : {"first", "logical_and"}) EXPECT_EQ(other.find(name), std::string::npos) << kind;
  }
}

TEST_F(ObservedRows, KeepTheAxesBehindThem) {
  mask("input", {true, false, false}, {true, false, false});
  recipe_["export"] = json::array();
  recipe_["quantization"]["rules"] = {
      {{"match", "act_in"}, {"granularity", "channel"}, {"axis", 1}, {"dtype", "uint8"}}};
  (void)report();
  const json scales = qparams("act_in").at("scale");
  ASSERT_EQ(scales.size(), 4u);
  for (int column = 0; column < 4; ++column)
    EXPECT_FLOAT_EQ(scales.at(static_cast<size_t>(column)).get<float>(),
                    0.125f * static_cast<float>(column + 1) / 255);
}

TEST_F(ObservedRows, HaveNoScalesOfTheirOwn) {
  mask("input");
  recipe_["quantization"]["rules"] = {{{"match", "act_in"}, {"granularity", "channel"}, {"axis", 0}}};
  refuses(ErrorKind::kPlugin,
          "site act_in has a scale for each index of axis 0, and observes rows along the first axis");
}

struct RowFault {
  const char* name;
  const char* fault;
  const char* text;
};

class WrongRows : public ObservedRows, public ::testing::WithParamInterface<RowFault> {};

TEST_P(WrongRows, AreRefusedInWords) {
  type("Rows", {3, 4}, {{"fault", GetParam().fault}});
  inputs_["is_kept.0"] = inputs_["is_kept.1"] = bools({true, true, true});
  refuses(ErrorKind::kPlugin, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongRows,
    ::testing::Values(RowFault{"Floats", "float", "site act_in observes [3, 4] where float32[3, 4] is true"},
                      RowFault{"AnotherExtent", "extent",
                               "site act_in observes [3, 4] where bool[2] is true"},
                      RowFault{"NoAxes", "no axes", "site act_in observes [3, 4] where bool[] is true"}),
    [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::core::testing
