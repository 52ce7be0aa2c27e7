// A bias survives a weight channel that is zero or tiny; weights that are lost on the way to codes are told.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "checkpoint/safetensors_writer.h"
#include "core/session/run_recipe.h"
#include "support/linear_recipe.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kOutputs = 8, kInputs = 16;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A Linear whose weight and bias a test changes before it is run and its file executed.
class DeadChannel : public ::testing::Test {
 protected:
  DeadChannel() : weight_(kOutputs * kInputs), bias_(kOutputs) {
    std::mt19937 random(7);
    for (float& one : weight_) one = static_cast<float>(random() % 2001) / 5000 - 0.2f;
    for (float& one : bias_) one = static_cast<float>(random() % 2001) / 10000 - 0.1f;
    recipe_ = test::linear_recipe(folder_ / "checkpoint", true, {4, kInputs}, 4);
    recipe_["evaluation"] = {{"samples", 4}};
    recipe_["export"] = {
        {{"backend", "circle"}, {"file", "out.circle"}, {"verify", {{"gates", {{"max_step", "<= 1"}}}}}}};
  }
  void scale_channel(int64_t channel, float factor) {
    for (int64_t i = 0; i < kInputs; ++i) weight_[channel * kInputs + i] *= factor;
  }
  nlohmann::json run() {
    std::filesystem::create_directories(folder_ / "checkpoint");
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    SafetensorsWriter file(folder_ / "checkpoint/model.safetensors",
                           {{"weight", kFloat32, {kOutputs, kInputs}}, {"bias", kFloat32, {kOutputs}}});
    file.write(0, std::as_bytes(std::span(weight_)));
    file.write(1, std::as_bytes(std::span(bias_)));
    file.finish();
    test::write_file(folder_ / "recipe.json", recipe_.dump());
    SessionOptions options;
    options.recipe = folder_ / "recipe.json";
    options.out = folder_ / "out";
    options.device = &make_reference_device;
    options.control = &control_;
    return *core::run(options).report;
  }
  std::string error() {
    try {
      run();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_FALSE(std::filesystem::exists(folder_ / "out/out.circle"));
      return error.format();
    }
    return "no error";
  }
  static double file_sqnr(const nlohmann::json& report) {
    return report.at("verify").at(0).at("outputs").at(0).at("float_to_file").at("sqnr_db").get<double>();
  }
  static const nlohmann::json& weight_site(const nlohmann::json& report) {
    for (const auto& site : report.at("coverage").at("sites")) {
      if (site.at("site") == "weight") return site;
    }
    throw std::runtime_error("no weight site");
  }
  static std::vector<int64_t> raised_channels(const nlohmann::json& report) {
    std::vector<int64_t> channels;
    for (const auto& row : weight_site(report).value("raised", nlohmann::json::array()))
      channels.push_back(row.at("channel").is_null() ? -1 : row.at("channel").get<int64_t>());
    return channels;
  }

  test::TempFolder folder_;
  std::vector<float> weight_, bias_;
  nlohmann::json recipe_;
  std::vector<std::string> said_;
  RunControl control_{[this](const Progress& p) {
    if (!p.text.empty()) said_.emplace_back(p.text);
  }};
};

// The case of a model whose pruned channels kept their biases.
class DeadChannelWith : public DeadChannel, public ::testing::WithParamInterface<const char*> {};

TEST_P(DeadChannelWith, TheFileKeepsTheBias) {
  recipe_["quantization"] = nlohmann::json::parse(GetParam());
  scale_channel(2, 0);
  bias_[2] = 5;
  scale_channel(5, 1e-9f);
  bias_[5] = -4.5f;
  const nlohmann::json report = run();
  EXPECT_GT(file_sqnr(report), report.at("metrics").at("sqnr_db").get<double>() - 0.5);
  EXPECT_EQ(report.at("exports").at(0).at("saturated_biases"), 0);
  EXPECT_EQ(report.at("verify").at(0).at("outputs").at(0).at("quantized_to_file").at("codes_differ"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Dtypes, DeadChannelWith,
    ::testing::Values(R"({})", R"({"weight": {"dtype": "int8"}})", R"({"weight": {"dtype": "int4"}})",
                      R"({"weight": {"dtype": "uint4"}})",
                      R"({"activation": {"dtype": "int16"}, "weight": {"dtype": "int8"}})",
                      R"({"activation": {"dtype": "int16"}, "weight": {"dtype": "int4"}})"));

TEST_F(DeadChannel, TheFileIsAsCloseAsTheHealthyChannelsAllow) {
  scale_channel(2, 0);
  scale_channel(5, 0);
  bias_[2] = bias_[5] = 0;
  bias_[3] = 5;  // the same range of the output
  bias_[4] = -4.5f;
  const double healthy = file_sqnr(run());
  bias_[3] = bias_[4] = 0;
  bias_[2] = 5;
  scale_channel(5, 0);
  bias_[5] = -4.5f;
  const nlohmann::json report = run();
  EXPECT_GT(file_sqnr(report), healthy - 1) << "5.03 dB where the biases saturate";
  EXPECT_GT(file_sqnr(report), 35);
  EXPECT_THAT(raised_channels(report), ElementsAre(2, 5));
}

TEST_F(DeadChannel, WhatWasRaisedIsRecorded) {
  scale_channel(2, 0);
  bias_[2] = 5;
  const nlohmann::json report = run();
  ASSERT_THAT(raised_channels(report), ElementsAre(2));
  const nlohmann::json row = weight_site(report).at("raised").at(0);
  EXPECT_EQ(row.at("bias"), "bias");
  EXPECT_FLOAT_EQ(row.at("from").get<float>(), 1e-8f);
  EXPECT_GT(row.at("to").get<float>(), 1e-8f);
  EXPECT_THAT(said_,
              Contains("the scale of channel 2 of weight was raised so that bias bias fits its integer"));
  for (const auto& site : read_json(folder_ / "out/qparams.json")) {
    EXPECT_EQ(site.contains("raised"), site.at("site") == "weight");
    if (!site.contains("raised")) continue;
    EXPECT_EQ(site.at("raised"), weight_site(report).at("raised"));
    EXPECT_EQ(site.at("scale").at(2), row.at("to"));
  }
  EXPECT_THAT(report.at("warnings"), IsEmpty()) << "a channel of zeros loses nothing";
}

TEST_F(DeadChannel, HealthyWeightsAreLeftAlone) {
  const nlohmann::json report = run();
  EXPECT_THAT(raised_channels(report), IsEmpty());
  EXPECT_THAT(report.at("warnings"), IsEmpty());
  EXPECT_FALSE(weight_site(report).contains("raised"));
}

TEST_F(DeadChannel, OneScaleForTheTensorIsRaisedToo) {
  recipe_["quantization"]["rules"] = {{{"match", "weight"}, {"granularity", "tensor"}}};
  for (float& one : weight_) one *= 1e-5f;
  bias_[2] = 5;
  const nlohmann::json report = run();
  EXPECT_THAT(raised_channels(report), ElementsAre(-1));
  EXPECT_GT(file_sqnr(report), 35);
}

// What the weights of such a channel add is less than what the output's own steps show beside the bias.
TEST_F(DeadChannel, SmallWeightsGiveWayToTheBias) {
  scale_channel(5, 1e-7f);
  bias_[5] = -4.5f;
  const nlohmann::json report = run();
  EXPECT_THAT(raised_channels(report), ElementsAre(5));
  EXPECT_GT(file_sqnr(report), 35);
}

TEST_F(DeadChannel, WeightsThatMatterMoreThanAnyBiasAreNotLostSilently) {
  recipe_["quantization"]["rules"] = {{{"match", "weight"}, {"granularity", "tensor"}}};
  for (float& one : weight_) one *= 1e-6f;
  bias_[0] = 1e6f;
  const std::string text = error();
  EXPECT_THAT(text, HasSubstr("all codes of the weight mean 0 although its values do not"));
  EXPECT_THAT(text, HasSubstr("so that bias bias fits"));
  EXPECT_THAT(text, HasSubstr("granularity \"channel\""));
}

TEST_F(DeadChannel, AWeightThatIsNothingButZerosInCodesIsAnErrorOrAWarning) {
  for (float& one : weight_) one *= 1e-10f;
  const std::string text = error();
  EXPECT_THAT(text, HasSubstr("all codes of tensor weight mean 0 although its values do not"));
  EXPECT_THAT(text, HasSubstr("site weight"));
  EXPECT_THAT(text, HasSubstr("quantization.on_zero_codes"));
  recipe_["quantization"]["on_zero_codes"] = "warn";
  const nlohmann::json report = run();
  ASSERT_EQ(report.at("warnings").size(), 1u);
  EXPECT_THAT(report.at("warnings").at(0).at("text").get<std::string>(),
              HasSubstr("all codes of the weight mean 0"));
  EXPECT_EQ(report.at("warnings").at(0).at("where"), "site weight");
  std::ifstream page(folder_ / "out/report.html");
  const std::string html((std::istreambuf_iterator<char>(page)), {});
  EXPECT_THAT(html, HasSubstr("⚠ WARN: "));
  EXPECT_THAT(html, HasSubstr(", 1 warning</p>"));
  EXPECT_THAT(html, HasSubstr("all codes of the weight mean 0"));
}

TEST_F(DeadChannel, AChannelThatIsLostIsAWarning) {
  scale_channel(5, 1e-10f);
  const nlohmann::json report = run();
  ASSERT_EQ(report.at("warnings").size(), 1u);
  EXPECT_THAT(report.at("warnings").at(0).at("text").get<std::string>(),
              HasSubstr("all codes of channel 5 mean 0"));
  EXPECT_EQ(weight_site(report).at("zero_code_channels"), nlohmann::json({5}));
}

TEST_F(DeadChannel, AModelOfZerosIsNoLoss) {
  for (float& one : weight_) one = 0;
  const nlohmann::json report = run();
  EXPECT_THAT(report.at("warnings"), IsEmpty());
}

TEST_F(DeadChannel, NumbersThatAreNoneAreNamedByTensor) {
  bias_[3] = kNan;
  EXPECT_THAT(error(), HasSubstr("tensor bias holds NaN or Inf"));
  bias_[3] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(error(), HasSubstr("tensor bias holds NaN or Inf"));
  bias_[3] = 0;
  weight_[3] = kNan;
  EXPECT_THAT(error(), HasSubstr("tensor weight holds NaN or Inf"));
}

}  // namespace
}  // namespace vernier::core::testing
