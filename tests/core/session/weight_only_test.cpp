// Sites left in float: each format holds what the report says, or refuses before calibration.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/session/run_recipe.h"
#include "support/linear_recipe.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

using ::testing::HasSubstr;

struct Case {
  const char* what;
  const char* quantization;  // JSON
  const char* backend;
  const char* file;
  const char* stored;   // dtype of the weight in the file; empty: refused
  const char* refusal;  // what the refusal says
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.what << ", " << one.backend; }

constexpr const char* kInt8Only = R"({"activation": {"observer": "identity"}, "weight": {"dtype": "int8"}})";
constexpr const char* kUInt8Only =
    R"({"activation": {"observer": "identity"}, "weight": {"dtype": "uint8"}})";
constexpr const char* kInt4Only = R"({"activation": {"observer": "identity"}, "weight": {"dtype": "int4"}})";
constexpr const char* kInt16Weight = R"({"weight": {"dtype": "int16"}})";
constexpr const char* kFloatIn =
    R"({"weight": {"dtype": "int8"}, "rules": [{"match": "act_in", "observer": "identity"}]})";
constexpr const char* kFloatOut =
    R"({"weight": {"dtype": "int8"}, "rules": [{"match": "act_out", "observer": "identity"}]})";
constexpr const char* kAxis1 =
    R"({"weight": {"dtype": "int8"}, "rules": [{"match": "weight", "granularity": "channel", "axis": 1}]})";
constexpr const char* kBlocks = R"({"weight": {"dtype": "int8"},
     "rules": [{"match": "weight", "granularity": "block", "block_size": 4}]})";
constexpr const char* kFloatWeight = R"({"rules": [{"match": "weight", "observer": "identity"}]})";

const Case kCases[] = {
    {"weight-only int8", kInt8Only, "onnx", "m.onnx", "int8", ""},
    {"weight-only int8", kInt8Only, "compressed_tensors", "m.safetensors", "int8", ""},
    {"weight-only int8", kInt8Only, "tflite", "m.tflite", "int8", ""},
    {"weight-only int8", kInt8Only, "circle", "m.circle", "", "Circle's consumers want both quantized"},
    {"weight-only uint8", kUInt8Only, "onnx", "m.onnx", "uint8", ""},
    {"weight-only uint8", kUInt8Only, "compressed_tensors", "m.safetensors", "int8", ""},
    {"weight-only uint8", kUInt8Only, "tflite", "m.tflite", "", "is asymmetric; TFLite wants symmetric int8"},
    {"weight-only int4", kInt4Only, "onnx", "m.onnx", "int4", ""},
    {"weight-only int4", kInt4Only, "compressed_tensors", "m.safetensors", "int4", ""},
    {"weight-only int4", kInt4Only, "tflite", "m.tflite", "int4", ""},
    {"int16 weights", kInt16Weight, "onnx", "m.onnx", "int16", ""},
    {"int16 weights", kInt16Weight, "compressed_tensors", "m.safetensors", "",
     "compressed-tensors has weights of 8 or 4 bits"},
    {"int16 weights", kInt16Weight, "tflite", "m.tflite", "", "has codes of int16; TFLite wants"},
    {"int16 weights", kInt16Weight, "circle", "m.circle", "", "Circle's consumers have 8 or 4 bits there"},
    {"only act_in float", kFloatIn, "onnx", "m.onnx", "int8", ""},
    {"only act_in float", kFloatIn, "compressed_tensors", "m.safetensors", "int8", ""},
    {"only act_in float", kFloatIn, "tflite", "m.tflite", "int8", ""},
    {"only act_in float", kFloatIn, "circle", "m.circle", "", "quantize act_in and act_out of this module"},
    {"only act_out float", kFloatOut, "onnx", "m.onnx", "int8", ""},
    {"only act_out float", kFloatOut, "compressed_tensors", "m.safetensors", "int8", ""},
    {"only act_out float", kFloatOut, "tflite", "m.tflite", "int8", ""},
    {"only act_out float", kFloatOut, "circle", "m.circle", "", "quantize act_in and act_out of this module"},
    {"axis 1", kAxis1, "onnx", "m.onnx", "int8", ""},
    {"axis 1", kAxis1, "compressed_tensors", "m.safetensors", "", "wants them on axis 0"},
    {"axis 1", kAxis1, "tflite", "m.tflite", "", "on axis 1; Circle wants them on axis 0"},
    {"axis 1", kAxis1, "circle", "m.circle", "", "on axis 1; Circle wants them on axis 0"},
    {"blocks of 4", kBlocks, "onnx", "m.onnx", "int8", ""},
    {"blocks of 4", kBlocks, "compressed_tensors", "m.safetensors", "",
     "cannot write a scale for each block of 4"},
    {"blocks of 4", kBlocks, "tflite", "m.tflite", "", "cannot write a scale for each block of 4"},
    {"blocks of 4", kBlocks, "circle", "m.circle", "", "cannot write a scale for each block of 4"},
    {"only the weight float", kFloatWeight, "onnx", "m.onnx", "float32", ""},
    {"only the weight float", kFloatWeight, "compressed_tensors", "m.safetensors", "float32", ""},
    {"all 8 bits", R"({"weight": {"dtype": "int8"}})", "compressed_tensors", "m.safetensors", "int8", ""},
    {"all 8 bits", R"({})", "circle", "m.circle", "uint8", ""},
};

class WeightOnly : public ::testing::TestWithParam<Case> {
 protected:
  WeightOnly() { test::write_linear_checkpoint(folder_.path(), 8, 16, 0.2, 0); }
  SessionOptions options() {
    nlohmann::json recipe = test::linear_recipe(folder_ / "checkpoint", true, {4, 16}, 2);
    recipe["quantization"] = nlohmann::json::parse(GetParam().quantization);
    recipe["export"] = {{{"backend", GetParam().backend}, {"file", GetParam().file}}};
    test::write_file(folder_ / "recipe.json", recipe.dump());
    SessionOptions result;
    result.recipe = folder_ / "recipe.json";
    result.out = folder_ / "run";
    result.device = &make_reference_device;
    result.control = &control_;
    return result;
  }
  [[nodiscard]] bool has_calibrated() const {
    return std::any_of(said_.begin(), said_.end(),
                       [](const std::string& line) { return line.find("calibrating") == 0; });
  }

  test::TempFolder folder_;
  std::vector<std::string> said_;
  RunControl control_{[this](const Progress& p) {
    if (!p.text.empty()) said_.emplace_back(p.text);
  }};
};

TEST_P(WeightOnly, IsWrittenAsTheReportSaysOrRefusedBeforeCalibration) {
  const Case& one = GetParam();
  if (std::string(one.stored).empty()) {
    try {
      run(options());
      FAIL() << "written";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kPlugin);
      EXPECT_EQ(error.status(), VERNIER_UNIMPLEMENTED);
      EXPECT_THAT(error.format(), HasSubstr(one.refusal));
      EXPECT_THAT(error.format(), HasSubstr("weight"));
      EXPECT_THAT(error.format(), HasSubstr("(/export/0/backend)"));
    }
    EXPECT_FALSE(has_calibrated());
    return;
  }
  const nlohmann::json report = run(options()).report;
  const auto& parameters = report.at("coverage").at("parameters");
  const auto weight = std::find_if(parameters.begin(), parameters.end(),
                                   [](const auto& row) { return row.at("parameter") == "weight"; });
  ASSERT_EQ(weight->at("files").size(), 1u) << weight->dump();
  const auto& stored = weight->at("files").at(0);
  EXPECT_EQ(stored.at("file"), one.file);
  EXPECT_EQ(stored.at("dtype"), one.stored);
  const bool is_float = std::string(one.stored) == "float32";
  EXPECT_EQ(stored.at("status"), is_float ? "float" : "quantized");
  EXPECT_EQ(weight->at("status"), stored.at("status"));
  const std::string dtype = one.stored;
  const int bits = is_float ? 32 : std::stoi(dtype.substr(dtype.find("int") + 3));
  EXPECT_EQ(stored.at("bytes"), 8 * 16 * bits / 8);
  if (!is_float) {
    EXPECT_EQ(weight->at("dtype"), one.stored);
  }
}

TEST_P(WeightOnly, ConfigGroupsAreThereForCompressedTensors) {
  const Case& one = GetParam();
  if (std::string(one.backend) != "compressed_tensors" || std::string(one.stored).empty()) return;
  if (std::string(one.stored) == "float32") return;
  run(options());
  const nlohmann::json config =
      read_json(folder_ / "run/m.safetensors.config.json").at("quantization_config");
  ASSERT_EQ(config.at("config_groups").size(), 1u);
  const auto& group = config.at("config_groups").at("group_0");
  const bool has_inputs = !group.at("input_activations").is_null();
  EXPECT_EQ(has_inputs, one.quantization == kFloatOut || std::string(one.what) == "all 8 bits");
  EXPECT_EQ(config.at("format"), has_inputs ? "int-quantized" : "pack-quantized");
  EXPECT_EQ(group.at("format"), config.at("format"));
  EXPECT_EQ(group.at("weights").at("num_bits"), std::string(one.stored) == "int4" ? 4 : 8);
}

INSTANTIATE_TEST_SUITE_P(Sites, WeightOnly, ::testing::ValuesIn(kCases));

}  // namespace
}  // namespace vernier::core::testing
