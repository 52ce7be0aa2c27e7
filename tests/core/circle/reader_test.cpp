#include "circle/reader.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <tuple>

#include "circle/describe.h"
#include "circle_generated.h"
#include "support/expect_error.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

std::vector<std::byte> read_bytes(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

const std::filesystem::path kSeed = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/seed_example";

TEST(CircleReader, ReadsTheFileThatTicoWrote) {
  const CircleFile file = read_circle(kSeed / "tico.circle");
  const json expected = json::parse(std::ifstream(kSeed / "circle.json"));
  ASSERT_EQ(file.subgraphs.size(), 1u);
  const CircleSubgraph& graph = file.subgraphs[0];
  EXPECT_EQ(file.version, 0u);
  EXPECT_EQ(file.description, "circle");
  EXPECT_EQ(json(graph.inputs), expected["inputs"]);
  EXPECT_EQ(json(graph.outputs), expected["outputs"]);
  ASSERT_EQ(graph.tensors.size(), expected["tensors"].size());
  for (size_t i = 0; i < graph.tensors.size(); ++i) {
    const json& wanted = expected["tensors"][i];
    const CircleTensor& tensor = graph.tensors[i];
    EXPECT_EQ(tensor.name, wanted["name"]);
    EXPECT_EQ(json(tensor.shape), wanted["shape"]);
    EXPECT_EQ(tensor.type, wanted["type"]);
    EXPECT_EQ(json(tensor.scale), wanted["scale"]);
    EXPECT_EQ(json(tensor.zero_point), wanted["zero_point"]);
    EXPECT_EQ(tensor.constant, wanted["constant"]);
  }
  ASSERT_EQ(graph.operators.size(), 2u);
  EXPECT_EQ(graph.operators[0].op, "RMS_NORM");
  EXPECT_EQ(graph.operators[1].op, "FULLY_CONNECTED");
  EXPECT_EQ(graph.operators[1].inputs, (std::vector<int32_t>{3, 0, -1}));
  EXPECT_EQ(
      graph.operators[1].options,
      json::parse(R"({"fused_activation_function": "NONE", "weights_format": "DEFAULT", "keep_num_dims": true,
                                                        "asymmetric_quantize_inputs": false,)"
                  R"( "quantized_bias_type": "FLOAT32"})"));
}

TEST(CircleReader, SaysWhichOfTheTwoFormatsAFileHas) {
  const std::filesystem::path data = std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/circle";
  for (const auto& [file, format, title] : {std::tuple{"embedder_uint8.circle", "circle", "Circle file, "},
                                            std::tuple{"embedder_int8.tflite", "tflite", "TFLite file, "}}) {
    const CircleFile read = read_circle(data / file);
    EXPECT_EQ(to_json(read)["format"], format);
    EXPECT_EQ(to_table(read).find(title), 0u) << to_table(read).substr(0, 40);
  }
}

TEST(CircleReader, DescribesAFileAsJsonAndAsATable) {
  const CircleFile file = read_circle(kSeed / "tico.circle");
  const json described = to_json(file);
  EXPECT_EQ(described["format"], "circle");
  EXPECT_EQ(described["subgraphs"][0]["tensors"][0]["bytes"], 64 * 32);
  EXPECT_EQ(described["subgraphs"][0]["operators"][0]["op"], "RMS_NORM");
  const std::string table = to_table(file);
  EXPECT_THAT(table, HasSubstr("FULLY_CONNECTED"));
  EXPECT_THAT(table, HasSubstr("0.0288421 @ 133"));
  EXPECT_THAT(table, HasSubstr("64 on axis 0"));
  EXPECT_EQ(table.back(), '\n');
}

TEST(CircleReader, NumbersSubgraphsAndNamesBuffersWhereThereAreSeveral) {
  const CircleFile file =
      read_circle(std::filesystem::path(VERNIER_SOURCE_DIR) / "tests/data/circle/layer_set.circle");
  const std::string table = to_table(file);
  EXPECT_THAT(table, HasSubstr("\nsubgraph 0 \"prefill\": inputs [0, 1], outputs ["));
  EXPECT_THAT(table, HasSubstr("\nsubgraph 1 \"decode\": inputs [0, 1], outputs ["));
  EXPECT_THAT(table, HasSubstr("\nsignature \"decode\" on subgraph 1\n  input   hidden_states = tensor 0\n"));
  const json described = to_json(file);
  std::vector<uint32_t> weights;
  for (const json& graph : described["subgraphs"]) {
    for (const json& tensor : graph["tensors"]) {
      if (tensor["name"] != "encoder.layer.0.output.dense.weight") continue;
      weights.push_back(tensor["buffer"]);
      EXPECT_THAT(table, HasSubstr(fmt::format("384 B in buffer {} ", weights.back())));
    }
  }
  ASSERT_EQ(weights.size(), 2u);
  EXPECT_EQ(weights[0], weights[1]);
}

// A model of one ADD of two inputs; a case spoils one thing.
struct Parts {
  std::string name = "x";
  std::vector<int32_t> shape = {2};
  std::vector<int32_t> signature;
  std::vector<float> scale;
  std::vector<int64_t> zero_point;
  int32_t axis = 0;
  uint32_t buffer = 0;
  circle::BuiltinOperator code = circle::BuiltinOperator::ADD;
  int8_t old_code = 0;
  uint32_t opcode = 0;
  std::vector<int32_t> op_inputs = {0, 1};
  std::vector<int32_t> op_outputs = {2};
  std::vector<int32_t> inputs = {0, 1};
  bool first_buffer_has_data = false;
  uint64_t external_offset = 0;
  uint64_t external_bytes = 0;
  uint32_t signature_tensor = 0;
  uint32_t metadata_buffer = 1;
  bool has_subgraph = true;
};

std::vector<std::byte> build(const Parts& p) {
  flatbuffers::FlatBufferBuilder b;
  const std::vector<uint8_t> eight(8, 7);
  std::vector<flatbuffers::Offset<circle::Buffer>> buffers = {
      circle::CreateBufferDirect(b, p.first_buffer_has_data ? &eight : nullptr),
      circle::CreateBufferDirect(b, &eight),
      circle::CreateBufferDirect(b, nullptr, p.external_offset, p.external_bytes)};
  const auto quantization = circle::CreateQuantizationParametersDirect(
      b, nullptr, nullptr, &p.scale, &p.zero_point, circle::QuantizationDetails::NONE, 0, p.axis);
  std::vector<flatbuffers::Offset<circle::Tensor>> tensors = {
      circle::CreateTensorDirect(b, &p.shape, circle::TensorType::FLOAT32, p.buffer, p.name.c_str(),
                                 quantization, false, 0, p.signature.empty() ? nullptr : &p.signature),
      circle::CreateTensorDirect(b, &p.shape, circle::TensorType::FLOAT32, 0, "y"),
      circle::CreateTensorDirect(b, &p.shape, circle::TensorType::FLOAT32, 0, "z")};
  std::vector<flatbuffers::Offset<circle::Operator>> operators = {
      circle::CreateOperatorDirect(b, p.opcode, &p.op_inputs, &p.op_outputs,
                                   circle::BuiltinOptions::AddOptions, circle::CreateAddOptions(b).Union())};
  std::vector<flatbuffers::Offset<circle::OperatorCode>> codes = {
      circle::CreateOperatorCode(b, p.old_code, 0, 1, p.code)};
  const std::vector<int32_t> outputs = {2};
  std::vector<flatbuffers::Offset<circle::SubGraph>> subgraphs;
  if (p.has_subgraph)
    subgraphs.push_back(circle::CreateSubGraphDirect(b, &tensors, &p.inputs, &outputs, &operators, "main"));
  std::vector<flatbuffers::Offset<circle::TensorMap>> map = {
      circle::CreateTensorMapDirect(b, "in", p.signature_tensor)};
  std::vector<flatbuffers::Offset<circle::SignatureDef>> signatures = {
      circle::CreateSignatureDefDirect(b, &map, nullptr, "serve", 0)};
  std::vector<flatbuffers::Offset<circle::Metadata>> metadata = {
      circle::CreateMetadataDirect(b, "origin", p.metadata_buffer)};
  circle::FinishModelBuffer(
      b, circle::CreateModelDirect(b, 0, &codes, &subgraphs, "made by a test", &buffers, nullptr, &metadata,
                                   p.has_subgraph ? &signatures : nullptr));
  std::vector<std::byte> bytes(b.GetSize());
  std::memcpy(bytes.data(), b.GetBufferPointer(), bytes.size());
  return bytes;
}

TEST(CircleReader, ReadsSignaturesDefaultsAndExternalBuffers) {
  Parts parts;
  parts.buffer = 2;
  parts.external_bytes = 8;
  parts.external_offset = 4096;
  std::vector<std::byte> bytes = build(parts);
  bytes.resize(4096 + 8);
  const CircleFile file = read_circle(bytes, "m.circle");
  EXPECT_TRUE(file.subgraphs[0].tensors[0].constant);
  EXPECT_EQ(file.subgraphs[0].tensors[0].data_offset, 4096u);
  EXPECT_EQ(file.subgraphs[0].operators[0].options,
            json::parse(R"({"fused_activation_function": "NONE", "pot_scale_int16": true})"));
  ASSERT_EQ(file.signatures.size(), 1u);
  EXPECT_EQ(file.signatures[0].key, "serve");
  EXPECT_EQ(file.signatures[0].inputs[0], (std::pair<std::string, uint32_t>("in", 0)));
  EXPECT_EQ(file.metadata, std::vector<std::string>{"origin"});
}

TEST(CircleReader, OldFilesHaveTheOldCodeOnly) {
  Parts parts;
  parts.old_code = 18;
  EXPECT_EQ(read_circle(build(parts), "m").subgraphs[0].operators[0].op, "MUL");
}

struct Damage {
  const char* name;
  std::function<void(Parts&)> spoil;
  const char* message;
};

class CircleReaderDamage : public ::testing::TestWithParam<Damage> {};

TEST_P(CircleReaderDamage, IsAnErrorThatNamesTheFile) {
  Parts parts;
  GetParam().spoil(parts);
  try {
    read_circle(build(parts), "bad.circle");
    FAIL() << "was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kData);
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
    EXPECT_EQ(error.diagnostics()[0].where, "bad.circle");
    EXPECT_FALSE(error.diagnostics()[0].hint.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, CircleReaderDamage,
    ::testing::Values(
        Damage{"buffer", [](Parts& p) { p.buffer = 3; }, "tensor 0 (x) names buffer 3 of 3"},
        Damage{"opcode", [](Parts& p) { p.opcode = 1; }, "operator 0 names operator code 1 of 1"},
        Damage{"op_input",
               [](Parts& p) {
                 p.op_inputs = {0, 3};
               },
               "operator 0 (ADD) of subgraph 0 names tensor 3 of 3"},
        Damage{"op_input_minus_two",
               [](Parts& p) {
                 p.op_inputs = {0, -2};
               },
               "names tensor -2 of 3"},
        Damage{"op_output_absent", [](Parts& p) { p.op_outputs = {-1}; }, "names tensor -1 of 3"},
        Damage{"graph_input", [](Parts& p) { p.inputs = {7}; },
               "the inputs of subgraph 0 names tensor 7 of 3"},
        Damage{"contradiction", [](Parts& p) { p.code = circle::BuiltinOperator::RMS_NORM; },
               "contradicts itself: -6 and, for old readers, 0"},
        Damage{"extent", [](Parts& p) { p.shape = {-1}; }, "has extent -1"},
        Damage{"huge",
               [](Parts& p) {
                 p.shape = {2147483647, 2147483647, 2147483647};
               },
               "more elements than any memory"},
        Damage{"data", [](Parts& p) { p.shape = {3}, p.buffer = 1; }, "needs 12 bytes of data and has 8"},
        Damage{"rank",
               [](Parts& p) {
                 p.signature = {-1, 2};
               },
               "shape signature of another rank"},
        Damage{"qparams", [](Parts& p) { p.scale = {1.0f}; }, "1 scales and 0 zero points"},
        Damage{"axis",
               [](Parts& p) {
                 p.scale = {1, 1}, p.zero_point = {0, 0}, p.axis = 1;
               },
               "2 scales, which do not fit axis 1"},
        Damage{"channels",
               [](Parts& p) {
                 p.scale = {1, 1, 1}, p.zero_point = {0, 0, 0};
               },
               "3 scales, which do not fit axis 0"},
        Damage{"zero_buffer", [](Parts& p) { p.first_buffer_has_data = true; }, "buffer 0"},
        Damage{"external", [](Parts& p) { p.external_offset = 64, p.external_bytes = 1 << 20; },
               "buffer 2 lies outside the file"},
        Damage{"external_overflow", [](Parts& p) { p.external_offset = ~uint64_t{0}, p.external_bytes = 16; },
               "buffer 2 lies outside the file"},
        Damage{"signature", [](Parts& p) { p.signature_tensor = 3; }, "signature 0 names tensor 3 of 3"},
        Damage{"metadata", [](Parts& p) { p.metadata_buffer = 9; }, "metadata entry 0 names buffer 9 of 3"},
        Damage{"name", [](Parts& p) { p.name = "\xff\xfe"; }, "is not UTF-8"},
        Damage{"empty", [](Parts& p) { p.has_subgraph = false; }, "no subgraph"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(CircleReader, CutOrForeignBytesAreRefused) {
  const std::vector<std::byte> bytes = read_bytes(kSeed / "tico.circle");
  for (size_t length = 0; length < bytes.size(); length += length < 64 ? 1 : 97) {
    const char* reason = length < 8 ? "neither \"CIR0\" nor \"TFL3\" stands at byte 4" : "cut";
    test::expect_error(ErrorKind::kData, reason,
                       [&] { (void)read_circle(std::span(bytes).first(length), "cut"); });
  }
  std::vector<std::byte> renamed = bytes;
  renamed[4] = std::byte{'T'};
  test::expect_error(ErrorKind::kData, "neither \"CIR0\" nor \"TFL3\" stands at byte 4",
                     [&] { (void)read_circle(renamed, "TIR0"); });
}

TEST(CircleReader, ReadsFromAnyAddress) {
  const std::vector<std::byte> bytes = read_bytes(kSeed / "tico.circle");
  std::vector<std::byte> shifted(bytes.size() + 1);
  std::copy(bytes.begin(), bytes.end(), shifted.begin() + 1);
  EXPECT_EQ(to_json(read_circle(std::span(shifted).subspan(1), "a")), to_json(read_circle(bytes, "a")));
}

}  // namespace
}  // namespace vernier::core
