// Weights that a forward makes of others: in the files as constants, in the report as what they are, and
// observed once.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "circle/reader.h"
#include "core/session/wrapper_words.h"
#include "file/mapped_file.h"
#include "onnx/reader.h"
#include "support/expect_error.h"
#include "support/tensors.h"
#include "text/json_schema.h"
#include "vernier/core/error.h"

namespace vernier::core::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

using Numbers = std::vector<double>;

// Numbers without a pattern, between -1 and 1.
Numbers numbers(size_t count, uint32_t seed) {
  Numbers result;
  for (size_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    result.push_back(static_cast<float>(static_cast<int32_t>(seed) / 2147483648.0));
  }
  return result;
}

// Row-major [rows, columns].
struct Matrix {
  size_t rows, columns;
  Numbers values;
  [[nodiscard]] double at(size_t r, size_t c) const { return values[r * columns + c]; }
};

// x · wᵀ + bias
Matrix linear(const Matrix& x, const Matrix& w, const Numbers& bias) {
  Matrix y{x.rows, w.rows, {}};
  for (size_t r = 0; r < x.rows; ++r) {
    for (size_t o = 0; o < w.rows; ++o) {
      double sum = bias.empty() ? 0 : bias[o];
      for (size_t i = 0; i < x.columns; ++i) sum += x.at(r, i) * w.at(o, i);
      y.values.push_back(sum);
    }
  }
  return y;
}

class MadeWeights : public ::testing::Test {
 protected:
  MadeWeights() {
    uint32_t seed = 1;
    for (const auto& [name, shape] : std::map<std::string, Shape>{{"base", {8, 6}},
                                                                  {"bias", {8}},
                                                                  {"bias_shift", {8}},
                                                                  {"first", {3, 4}},
                                                                  {"first_bias", {3}},
                                                                  {"fused", {12, 8}},
                                                                  {"lora_a", {2, 6}},
                                                                  {"lora_b", {8, 2}},
                                                                  {"second", {5, 4}},
                                                                  {"second_bias", {5}},
                                                                  {"turned", {8, 8}}})
      tensors_[name] = {shape, numbers(static_cast<size_t>(element_count(shape)), seed++)};
    for (const char* sample : {"0", "1", "2"})
      inputs_[std::string("x.") + sample] = {{5, 6}, numbers(30, 100 + seed++)};
    recipe_ = {{"version", 1},
               {"model",
                {{"checkpoint", (folder_ / "checkpoint").string()},
                 {"module", ""},
                 {"type", "MadeWeights"},
                 {"config", json::object()}}},
               {"quantization", {{"weight", {{"dtype", "int8"}}}, {"activation", {{"dtype", "int8"}}}}},
               {"calibration",
                {{"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "inputs.safetensors").string()}}}}},
               {"evaluation", {{"samples", 3}}}};
  }
  struct Stored {
    Shape shape;
    Numbers values;
  };
  static core::Tensor tensor_of(const Stored& one) {
    return test::floats(one.shape, {one.values.begin(), one.values.end()});
  }
  static void write(const std::filesystem::path& file, const std::map<std::string, Stored>& stored) {
    std::map<std::string, core::Tensor> tensors;
    for (const auto& [name, one] : stored) tensors[name] = tensor_of(one);
    test::write_tensors(file, tensors);
  }
  SessionOptions options() {
    write(folder_ / "checkpoint/model.safetensors", tensors_);
    write(folder_ / "inputs.safetensors", inputs_);
    test::write_file(folder_ / "checkpoint/config.json", "{}");
    test::write_file(folder_ / "recipe.json", recipe_.dump(1));
    return options_of_made_weights(folder_.path());
  }
  void exports(const std::string& backend, const json& verify = nullptr) {
    json row = {{"backend", backend}, {"file", "m." + backend}};
    if (!verify.is_null()) row["verify"] = verify;
    recipe_["export"].push_back(row);
  }
  [[nodiscard]] std::filesystem::path file(const std::string& name) const { return folder_ / "out" / name; }

  [[nodiscard]] Matrix matrix(const std::string& name) const {
    const Stored& one = tensors_.at(name);
    return {static_cast<size_t>(one.shape[0]), static_cast<size_t>(one.shape.back()), one.values};
  }
  [[nodiscard]] Matrix lora() const {
    Matrix sum = matrix("base");
    for (size_t r = 0; r < 8; ++r) {
      for (size_t c = 0; c < 6; ++c) {
        for (size_t i = 0; i < 2; ++i)
          sum.values[r * 6 + c] += 2 * matrix("lora_b").at(r, i) * matrix("lora_a").at(i, c);
      }
    }
    return sum;
  }
  [[nodiscard]] Matrix rows(const std::string& name, size_t begin, size_t end) const {
    const Matrix whole = matrix(name);
    const auto first = whole.values.begin();
    return {end - begin,
            whole.columns,
            {first + static_cast<int64_t>(begin * whole.columns),
             first + static_cast<int64_t>(end * whole.columns)}};
  }
  [[nodiscard]] Matrix turned() const {
    const Matrix whole = matrix("turned");
    Matrix result{8, 8, {}};
    for (size_t r = 0; r < 8; ++r) {
      for (size_t c = 0; c < 8; ++c) result.values.push_back(whole.at(c, r));
    }
    return result;
  }
  [[nodiscard]] Numbers both(const std::string& a, const std::string& b) const {
    Numbers result = tensors_.at(a).values;
    const Numbers& more = tensors_.at(b).values;
    result.insert(result.end(), more.begin(), more.end());
    return result;
  }
  // What the module computes of a sample, in float64.
  [[nodiscard]] Matrix by_hand(const std::string& sample) const {
    Numbers bias = tensors_.at("bias").values;
    for (size_t i = 0; i < bias.size(); ++i) bias[i] += tensors_.at("bias_shift").values[i];
    Matrix y = linear({5, 6, inputs_.at(sample).values}, lora(), bias);
    y = linear(y, turned(), {});
    const Matrix q = linear(y, rows("fused", 0, 4), {}), k = linear(y, rows("fused", 4, 8), {}),
                 v = linear(y, rows("fused", 8, 12), {});
    y = q;
    for (size_t i = 0; i < y.values.size(); ++i) y.values[i] = q.values[i] * k.values[i] + v.values[i];
    return linear(y, {8, 4, both("first", "second")}, both("first_bias", "second_bias"));
  }

  test::TempFolder folder_;
  std::map<std::string, Stored> tensors_, inputs_;
  json recipe_;
};

const json& row_of(const json& rows, const char* key, const std::string& name) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const json& row) { return row.at(key) == name; });
  if (found == rows.end()) throw std::runtime_error(name + " is in no row of " + rows.dump());
  return *found;
}

TEST_F(MadeWeights, FloatRunsComputeWhatAHandDoes) {
  run(options());
  const Checkpoint outputs = Checkpoint::open(file("outputs.safetensors"));
  for (const char* sample : {"x.0", "x.1", "x.2"}) {
    const std::string number(sample + 2);
    const std::vector<float> found =
        floats_of(outputs, number == "0" ? "float_out.0" : "float_out.0." + number);
    const Numbers wanted = by_hand(sample).values;
    ASSERT_EQ(found.size(), wanted.size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], wanted[i], 2e-5) << sample << " " << i;
  }
}

TEST_F(MadeWeights, AnExecutedFileEqualsTheExactReadingCodeByCode) {
  exports("circle", {{"gates", {{"codes_differ", "<= 0"}}}});
  const json report = *run(options()).report;
  const json& verified = report.at("verify").at(0);
  EXPECT_EQ(verified.at("samples"), 3);
  const json& output = verified.at("outputs").at(0);
  EXPECT_EQ(output.at("quantized_to_file").at("elements"), 3 * 5 * 8);
  EXPECT_EQ(output.at("quantized_to_file").at("codes_differ"), 0);
  EXPECT_GT(output.at("float_to_file").at("sqnr_db").get<double>(), 25);
  EXPECT_GT(verified.at("compared_nodes").get<int>(), 0);
  for (const json& node : verified.at("nodes")) EXPECT_FALSE(node.at("diverges").get<bool>()) << node.dump();
}

// Codes of the file, by hand: the float weight of the file's qparams.
void expect_codes(const CircleTensor& tensor, std::span<const std::byte> file, const Matrix& values) {
  ASSERT_EQ(tensor.data_bytes, values.values.size()) << tensor.name;
  const bool is_signed =
      tensor.type == "INT8";  // Circle's consumers want unsigned codes: the same ones and 128
  for (size_t r = 0; r < values.rows; ++r) {
    const size_t channel = tensor.scale.size() == 1 ? 0 : r;
    for (size_t c = 0; c < values.columns; ++c) {
      const float real = static_cast<float>(values.at(r, c)) * (1.0f / tensor.scale[channel]);
      const double wanted = std::nearbyint(real) + static_cast<double>(tensor.zero_point[channel]);
      const std::byte byte = file[tensor.data_offset + r * values.columns + c];
      const int code = is_signed ? static_cast<int8_t>(byte) : static_cast<uint8_t>(byte);
      EXPECT_NEAR(code, std::clamp(wanted, is_signed ? -128.0 : 0.0, is_signed ? 127.0 : 255.0),
                  std::abs(real - std::nearbyint(real)) > 0.4999 ? 1 : 0)
          << tensor.name << " " << r << " " << c;
    }
  }
}

class MadeWeightsInCircle : public MadeWeights, public ::testing::WithParamInterface<const char*> {};

TEST_P(MadeWeightsInCircle, AFileHoldsTheResultsAndNoneOfTheOps) {
  exports(GetParam());
  run(options());
  const auto bytes = MappedFile::open(file(std::string("m.") + GetParam()));
  const CircleFile found = read_circle(bytes->bytes(), "m");
  ASSERT_EQ(found.subgraphs.size(), 1u);
  std::vector<std::string> ops;
  for (const CircleOperator& one : found.subgraphs[0].operators) ops.push_back(one.op);
  ops.erase(std::remove(ops.begin(), ops.end(), "QUANTIZE"), ops.end());
  ops.erase(std::remove(ops.begin(), ops.end(), "DEQUANTIZE"), ops.end());
  EXPECT_THAT(ops,
              UnorderedElementsAre("FULLY_CONNECTED", "FULLY_CONNECTED", "FULLY_CONNECTED", "FULLY_CONNECTED",
                                   "FULLY_CONNECTED", "FULLY_CONNECTED", "MUL", "ADD"));
  std::map<std::string, const CircleTensor*> constants;
  for (const CircleTensor& one : found.subgraphs[0].tensors) {
    if (one.constant && one.name.find("zero_bias") == std::string::npos) constants[one.name] = &one;
  }
  const std::map<std::string, Matrix> weights = {
      {"lora", lora()},           {"turn", turned()},          {"q", rows("fused", 0, 4)},
      {"k", rows("fused", 4, 8)}, {"v", rows("fused", 8, 12)}, {"joined", {8, 4, both("first", "second")}}};
  for (const auto& [name, values] : weights) {
    ASSERT_EQ(constants.count(name), 1u) << name;
    EXPECT_EQ(constants[name]->type, std::string(GetParam()) == "circle" ? "UINT8" : "INT8");
    EXPECT_EQ(constants[name]->scale.size(), name == "v" ? 1u : values.rows) << name;
    expect_codes(*constants[name], bytes->bytes(), values);
  }
  for (const char* name : {"add_1", "concat_1"}) {
    ASSERT_EQ(constants.count(name), 1u) << name;
    EXPECT_EQ(constants[name]->type, "INT32") << "a bias";
  }
  for (const auto& [name, tensor] : tensors_)
    EXPECT_EQ(constants.count(name), 0u) << name << " went into another constant";
}

INSTANTIATE_TEST_SUITE_P(Formats, MadeWeightsInCircle, ::testing::Values("circle", "tflite"));

TEST_F(MadeWeights, AnOnnxFileHoldsThemToo) {
  exports("onnx");
  run(options());
  const auto bytes = MappedFile::open(file("m.onnx"));
  std::map<std::string, OnnxConstant> constants;
  for (const OnnxConstant& one : read_onnx_constants(bytes->bytes(), "m.onnx")) constants[one.name] = one;
  for (const char* name : {"lora", "turn", "q", "k", "v", "joined"}) {
    const auto found = std::find_if(constants.begin(), constants.end(), [&](const auto& one) {
      return one.first == name || one.first.rfind(std::string(name) + "/", 0) == 0;
    });
    ASSERT_NE(found, constants.end()) << name;
    EXPECT_TRUE(found->second.dtype == kInt8) << name;
  }
  for (const auto& [name, tensor] : tensors_) EXPECT_EQ(constants.count(name), 0u) << name;
  const std::string text(reinterpret_cast<const char*>(bytes->bytes().data()), bytes->bytes().size());
  for (const char* op : {"Transpose", "Slice", "Concat", "Gather"})
    EXPECT_EQ(text.find(op), std::string::npos) << op;
}

TEST_F(MadeWeights, TheReportSaysWhatTheyAreMadeOfAndThePlanKnowsBefore) {
  exports("circle");
  const json planned = plan(options());
  const json& parameter = row_of(planned.at("parameters"), "parameter", "lora");
  EXPECT_EQ(parameter.at("shape"), (json{8, 6}));
  EXPECT_EQ(parameter.at("bytes_after"), 48);
  EXPECT_EQ(parameter.at("bytes_before"), 0);
  EXPECT_EQ(parameter.at("made_of").at("ops"), (json{"matmul", "mul", "add"}));
  EXPECT_THAT(parameter.at("made_of").at("parameters").get<std::vector<std::string>>(),
              UnorderedElementsAre("base", "lora_a", "lora_b", "lora_scale"));
  EXPECT_EQ(row_of(planned.at("parameters"), "parameter", "fused").at("part_of"), "q");
  EXPECT_EQ(row_of(planned.at("sites"), "site", "lora").at("role"), "weight");
  EXPECT_EQ(planned.at("graph").at("ops").count("matmul"), 0u);

  const json report = *run(options()).report;
  EXPECT_TRUE(validate_schema(read_json(source_file("schemas/report.schema.json")), report).empty());
  const json& parameters = report.at("coverage").at("parameters");
  const json& made = row_of(parameters, "parameter", "turn");
  EXPECT_EQ(made.at("status"), "quantized");
  EXPECT_EQ(made.at("dtype"), "uint8") << "of the file";
  EXPECT_EQ(made.at("files").at(0).at("bytes"), 64);
  EXPECT_EQ(made.at("made_of"), json::parse(R"({"parameters": ["turned"], "ops": ["permute"]})"));
  EXPECT_EQ(row_of(parameters, "parameter", "turned").at("reason"), "part of the constant turn");
  EXPECT_EQ(row_of(parameters, "parameter", "lora_scale").at("made_of"), (json{{"table", true}}));
  const json& bias = row_of(parameters, "parameter", "concat_1");
  EXPECT_EQ(bias.at("dtype"), "int32");
  EXPECT_THAT(bias.at("reason").get<std::string>(), HasSubstr("bias"));
  for (const char* site : {"lora", "turn", "q", "joined"})
    EXPECT_EQ(row_of(report.at("coverage").at("sites"), "site", site).at("collected"), 1) << site;
  EXPECT_EQ(row_of(report.at("coverage").at("sites"), "site", "act").at("collected"), 3);
  EXPECT_GT(row_of(report.at("statistics").at("sites"), "site", "lora").at("count").get<int>(), 0);
}

TEST_F(MadeWeights, UnitsShareThem) {
  const json calibration = recipe_.at("calibration");
  recipe_.erase("calibration");
  recipe_.erase("evaluation");
  for (const char* name : {"forward", "prefill"}) {
    recipe_["units"].push_back({{"name", name}, {"entry", name}, {"calibration", calibration}});
    recipe_["export"].push_back({{"backend", "circle"},
                                 {"unit", name},
                                 {"file", std::string(name) + ".circle"},
                                 {"gates", {{"quantized_to_file", {{"max_step", "<= 0"}}}}}});
  }
  const json report = *run(options()).report;
  size_t made = 0;
  for (const json& parameter : report.at("coverage").at("parameters"))
    made += parameter.count("made_of") != 0 && parameter.at("made_of").count("ops") != 0 ? 1 : 0;
  EXPECT_EQ(made, 8u) << "six weights and two biases, of both";
  EXPECT_EQ(row_of(report.at("coverage").at("parameters"), "parameter", "lora").at("files").size(), 2u);
  EXPECT_EQ(row_of(report.at("coverage").at("sites"), "site", "lora").at("collected"), 1);
  EXPECT_EQ(row_of(report.at("coverage").at("sites"), "site", "act").at("collected"), 6);
}

TEST_F(MadeWeights, AnObserverThatAveragesSeesOneTensor) {
  recipe_["quantization"]["weight"]["observer"] = "ema";
  recipe_["quantization"]["rules"] = {{{"match", "v"}, {"granularity", "tensor"}}};
  run(options());
  double greatest = 0;
  for (double one : rows("fused", 8, 12).values) greatest = std::max(greatest, std::abs(one));
  const json site = row_of(read_json(file("qparams.json")), "site", "v");
  EXPECT_NEAR(site.at("scale").at(0).get<double>(), greatest / 127, 1e-8);
}

TEST_F(MadeWeights, WeightOnlyAndFloatFilesHoldThemAsReals) {
  recipe_["quantization"] = {{"weight", {{"observer", "identity"}}},
                             {"activation", {{"observer", "identity"}}}};
  exports("tflite");
  const json report = *run(options()).report;
  const auto bytes = MappedFile::open(file("m.tflite"));
  const CircleFile found = read_circle(bytes->bytes(), "m.tflite");
  const auto& tensors = found.subgraphs.at(0).tensors;
  const auto lora_tensor = std::find_if(tensors.begin(), tensors.end(),
                                        [](const CircleTensor& one) { return one.name == "lora"; });
  ASSERT_NE(lora_tensor, tensors.end());
  EXPECT_EQ(lora_tensor->type, "FLOAT32");
  const Numbers wanted = lora().values;
  for (size_t i = 0; i < wanted.size(); ++i) {
    float value = 0;
    std::memcpy(&value, bytes->bytes().data() + lora_tensor->data_offset + 4 * i, 4);
    EXPECT_NEAR(value, wanted[i], 1e-6) << i;
  }
  EXPECT_EQ(row_of(report.at("coverage").at("parameters"), "parameter", "lora").at("status"), "float");
}

TEST_F(MadeWeights, WhatIsNotFiniteIsNamed) {
  tensors_["fused"].values[3] = std::nan("");
  test::expect_error(ErrorKind::kData, "tensor fused holds NaN or Inf", [&] { run(options()); });
  tensors_["fused"].values[3] = 0;
  tensors_["base"].values[7] = 3e38f;
  tensors_["lora_b"].values.assign(16, 1e38f);
  tensors_["lora_a"].values.assign(12, 1.0f);
  test::expect_error(ErrorKind::kData, "tensor lora holds NaN or Inf", [&] { run(options()); });
}

TEST_F(MadeWeights, OneWhoseCodesAreAllZeroIsRefused) {
  Numbers& values = tensors_["turned"].values;
  values.assign(64, 1e-9);
  test::expect_error(ErrorKind::kData, "all codes of tensor turn mean 0", [&] { run(options()); });
  recipe_["quantization"]["on_zero_codes"] = "warn";
  const json report = *run(options()).report;
  EXPECT_EQ(report.at("warnings").at(0).at("where"), "site turn");
}

TEST_F(MadeWeights, AScaleIsRaisedForABiasThatIsMadeOfOthers) {
  for (size_t i = 0; i < 4; ++i) tensors_["first"].values[i] = 1e-7;  // channel 0 of "joined"
  tensors_["first_bias"].values[0] = 1000;
  exports("circle", {{"gates", {{"codes_differ", "<= 0"}}}});
  recipe_["quantization"]["rules"] = {{{"match", "act_out"}, {"dtype", "int16"}}};
  const json report = *run(options()).report;
  const json& site = row_of(report.at("coverage").at("sites"), "site", "joined");
  ASSERT_EQ(site.count("raised"), 1u) << site.dump();
  EXPECT_EQ(site.at("raised").at(0).at("channel"), 0);
  EXPECT_EQ(site.at("raised").at(0).at("bias"), "concat_1");
}

}  // namespace
}  // namespace vernier::core::testing
