// Parameters that are parts of a tensor, have another name in the checkpoint, or are tied to another; and
// what is wrong with them where it is.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/session/wrapper_words.h"
#include "vernier/core/smoke.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;

// Parts and aliases.
class Parts : public WrapperWords {
 protected:
  Parts() {
    type("FusedParts", {3, 8});
    tensors_ = {{"qkv.weight", scaled({12, 8}, 0.01f)},
                {"wide.weight", scaled({4, 8}, -0.02f)},
                {"embed.weight", scaled({3, 4}, 0.1f)}};
  }
  static core::Tensor scaled(Shape shape, float factor) {
    core::Tensor x = test::ramp(std::move(shape));
    for (int64_t i = 0; i < x.elements(); ++i)
      x.mutable_as<float>()[i] = factor * static_cast<float>(i % 23 - 7);
    return x;
  }
  [[nodiscard]] double at(const char* name, int64_t row, int64_t column) const {
    const core::Tensor& x = tensors_.at(name);
    return static_cast<double>(x.as<float>()[row * x.shape[1] + column]);
  }
};

TEST_F(Parts, AreTheElementsThatTheySay) {
  const json found = report();
  EXPECT_EQ(found.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
  const std::vector<float> y = output("float_out.0");
  const core::Tensor& x = inputs_.at("x.0");
  for (int64_t row = 0; row < 3; ++row) {
    double sum[4] = {}, columns[4] = {};
    for (int64_t o = 0; o < 4; ++o) {
      for (int64_t i = 0; i < 8; ++i)
        sum[o] += static_cast<double>(x.as<float>()[row * 8 + i]) *
                  (at("qkv.weight", o, i) + at("qkv.weight", o + 8, i));
    }
    for (int64_t o = 0; o < 4; ++o) {
      for (int64_t i = 0; i < 4; ++i) columns[o] += sum[i] * at("wide.weight", o, i + 2);
    }
    for (int64_t o = 0; o < 3; ++o) {
      double wanted = 0;
      for (int64_t i = 0; i < 4; ++i) wanted += columns[i] * at("embed.weight", o, i);
      EXPECT_NEAR(y[static_cast<size_t>(row * 3 + o)], wanted, 1e-4 * std::max(1.0, std::abs(wanted)));
    }
  }
}

TEST_F(Parts, TheReportNamesThemByTheirOwnPathsAndSaysWhatTheyAre) {
  const json found = report().at("coverage");
  EXPECT_EQ(row(found.at("parameters"), "parameter", "v_weight").at("made_of"),
            (json{{"tensor", "qkv.weight"}, {"axis", 0}, {"begin", 8}, {"end", 12}}));
  EXPECT_EQ(row(found.at("parameters"), "parameter", "columns").at("made_of"),
            (json{{"tensor", "wide.weight"}, {"axis", 1}, {"begin", 2}, {"end", 6}}));
  EXPECT_EQ(row(found.at("parameters"), "parameter", "head").at("made_of"),
            (json{{"tensor", "embed.weight"}}));
  EXPECT_EQ(row(found.at("parameters"), "parameter", "v_weight").at("files").at(0).at("dtype"), "uint8");
  EXPECT_EQ(found.at("unused_tensors"), json::array());
  EXPECT_EQ(qparams("q_weight").at("scale").size(), 4u);
}

TEST_F(Parts, ItsOwnTensorComesBeforeTheAlias) {
  tensors_["head"] = scaled({3, 4}, 1);
  const json found = report().at("coverage");
  EXPECT_EQ(row(found.at("parameters"), "parameter", "head").count("made_of"), 0u);
  EXPECT_EQ(found.at("unused_tensors"), json({"embed.weight"}));
}

struct WrongPart {
  const char* name;
  json config;
  std::map<std::string, Shape> tensors;  // in place of the right ones; rank 0: absent
  ErrorKind kind;
  const char* text;
};

class WrongParts : public Parts, public ::testing::WithParamInterface<WrongPart> {};

TEST_P(WrongParts, AreRefusedByName) {
  type("FusedParts", {3, 8}, GetParam().config);
  for (const auto& [name, shape] : GetParam().tensors) {
    tensors_.erase(name);
    if (!shape.empty()) tensors_[name] = scaled(shape, 1);
  }
  refuses(GetParam().kind, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Table, WrongParts,
    ::testing::Values(
        WrongPart{
            "BeyondTheExtent",
            {{"begin", 9}, {"end", 13}},
            {},
            ErrorKind::kData,
            "parameter q_weight is the part [9, 13) of axis 0 of tensor qkv.weight, which has shape [12, 8]"},
        WrongPart{"AnotherLength",
                  {{"end", 5}},
                  {},
                  ErrorKind::kData,
                  "tensor q_weight has shape [5, 8], the module wants [4, 8]"},
        WrongPart{"Empty", {{"begin", 4}, {"end", 4}}, {}, ErrorKind::kPlugin, "a part has 0 <= begin < end"},
        WrongPart{"NoSuchAxis",
                  {{"axis", 2}},
                  {},
                  ErrorKind::kPlugin,
                  "parameter q_weight is a part along axis 2 of a tensor of rank 2"},
        WrongPart{"AnotherAxis",
                  {{"axis", -1}},
                  {},
                  ErrorKind::kData,
                  "tensor qkv.weight has shape [12, 8], the module wants [4, -1]"},
        WrongPart{"AnotherRank",
                  json::object(),
                  {{"qkv.weight", {12}}},
                  ErrorKind::kData,
                  "tensor qkv.weight has shape [12], the module wants [-1, 8]"},
        WrongPart{"NoTensor", json::object(), {{"qkv.weight", {}}}, ErrorKind::kData, "qkv.weight"},
        WrongPart{"NeitherItNorItsAlias",
                  json::object(),
                  {{"embed.weight", {}}},
                  ErrorKind::kData,
                  "the checkpoint has neither head nor embed.weight, of which parameter head is one"}),
    [](const auto& one) { return one.param.name; });

TEST(SmokeOfWords, CheckpointsAreMadeOfWhatIsDeclared) {
  SmokeOptions options;
  options.types = {"MadeWeights", "FusedParts", "Tabled"};
  options.backend = "circle";
  options.file_gates = json{{"codes_differ", "<= 0"}};
  options.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) /
                          "fixtures/made_weights/made_weights.so"};
  options.device = &make_reference_device;
  const json result = smoke(options);
  EXPECT_EQ(result.at("cases").size(), 4u);
  for (const json& one : result.at("cases")) EXPECT_EQ(one.at("verdict"), "ok") << one.dump(1);
}

}  // namespace
}  // namespace vernier::core::testing
