// What a file of the backend tflite says, read back through the schema's own accessors; the backend circle's
// file beside it.
#include <flatbuffers/flatbuffers.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "circle_generated.h"
#include "core/session/run_recipe.h"
#include "vernier/core/error.h"
#include "vernier/core/synthesize.h"

namespace vernier::core::testing {
namespace {

using circle::BuiltinOperator;
using circle::TensorType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ModelFile {
 public:
  explicit ModelFile(const std::filesystem::path& path) : bytes_(test::read_file(path)) {}

  [[nodiscard]] std::string identifier() const { return bytes_.substr(4, 4); }
  [[nodiscard]] const circle::Model& model() const { return *circle::GetModel(bytes_.data()); }
  [[nodiscard]] const circle::SubGraph& graph() const { return *model().subgraphs()->Get(0); }
  [[nodiscard]] const circle::Tensor& tensor(int32_t index) const {
    return *graph().tensors()->Get(static_cast<uint32_t>(index));
  }
  [[nodiscard]] const circle::Tensor& input() const { return tensor(graph().inputs()->Get(0)); }
  [[nodiscard]] const circle::Tensor& output() const { return tensor(graph().outputs()->Get(0)); }
  [[nodiscard]] const circle::Tensor& named(const std::string& name) const {
    for (const circle::Tensor* each : *graph().tensors()) {
      if (each->name()->str() == name) return *each;
    }
    ADD_FAILURE() << "no tensor " << name;
    return input();
  }
  [[nodiscard]] std::vector<std::string> operators() const {
    std::vector<std::string> result;
    for (const circle::Operator* op : *graph().operators())
      result.emplace_back(
          circle::EnumNameBuiltinOperator(model().operator_codes()->Get(op->opcode_index())->builtin_code()));
    return result;
  }
  [[nodiscard]] std::string data(const circle::Tensor& tensor) const {
    const auto* data = model().buffers()->Get(tensor.buffer())->data();
    return {data->begin(), data->end()};
  }

 private:
  std::string bytes_;
};

int64_t zero_point(const circle::Tensor& tensor) { return tensor.quantization()->zero_point()->Get(0); }

class Tflite : public ::testing::Test {
 protected:
  // The file that `backend` writes for a recipe.
  ModelFile file(const std::string& recipe, std::vector<std::string> overrides,
                 const std::string& backend = "tflite", const std::string& options = "{}") {
    const auto out = folder_ / (backend + std::to_string(count_++));
    overrides.push_back(R"(export=[{"backend": ")" + backend + R"(", "file": "model.bin", "options": )" +
                        options + "}]");
    overrides.emplace_back("gates={}");
    run_recipe(source_file(recipe), out, overrides);
    return ModelFile(out / "model.bin");
  }
  std::string refusal(const std::string& recipe, const std::vector<std::string>& overrides) {
    try {
      file(recipe, overrides);
    } catch (const Error& error) {
      return error.format();
    }
    return {};
  }

  test::TempFolder folder_;
  int count_ = 0;
};

constexpr const char* kEmbedder = "configs/gemma4_embedder.json";
constexpr const char* kSignedWeights = "quantization.weight.dtype=int8";

TEST_F(Tflite, IsAModelOfSchemaVersionThreeWithOperatorsOfTfliteOnly) {
  const ModelFile file = this->file(kEmbedder, {kSignedWeights});
  EXPECT_EQ(file.identifier(), "TFL3");
  EXPECT_EQ(file.model().version(), 3u);
  for (const circle::OperatorCode* code : *file.model().operator_codes())
    EXPECT_GE(static_cast<int>(code->builtin_code()), 0);
  // RMSNorm without scale has a weight of ones.
  EXPECT_THAT(file.operators(), ElementsAre("DEQUANTIZE", "DEQUANTIZE", "MUL", "MEAN", "ADD", "RSQRT", "MUL",
                                            "MUL", "QUANTIZE", "FULLY_CONNECTED"));
}

TEST_F(Tflite, UnsignedActivationsBecomeSignedOnesOfTheSameReals) {
  const ModelFile ours = file(kEmbedder, {kSignedWeights}),
                  theirs = file(kEmbedder, {kSignedWeights}, "circle");
  EXPECT_EQ(theirs.identifier(), "CIR0");
  for (const auto& [a, b] :
       {std::pair(&ours.input(), &theirs.input()), std::pair(&ours.output(), &theirs.output())}) {
    EXPECT_EQ(a->type(), TensorType::INT8);
    EXPECT_EQ(b->type(), TensorType::UINT8);
    EXPECT_EQ(a->quantization()->scale()->Get(0), b->quantization()->scale()->Get(0));
    EXPECT_EQ(zero_point(*a), zero_point(*b) - 128);
  }
}

TEST_F(Tflite, ItsSignatureHasTheNamesOfTheEntry) {
  for (const char* io : {"codes", "float32"}) {
    const ModelFile file =
        this->file(kEmbedder, {kSignedWeights}, "tflite", std::string(R"({"io": ")") + io + R"("})");
    ASSERT_EQ(file.model().signature_defs()->size(), 1u);
    const circle::SignatureDef& signature = *file.model().signature_defs()->Get(0);
    EXPECT_EQ(signature.signature_key()->str(), "forward");
    EXPECT_EQ(signature.inputs()->Get(0)->name()->str(), "inputs_embeds");
    EXPECT_EQ(signature.inputs()->Get(0)->tensor_index(),
              static_cast<uint32_t>(file.graph().inputs()->Get(0)));
    EXPECT_EQ(signature.outputs()->Get(0)->tensor_index(),
              static_cast<uint32_t>(file.graph().outputs()->Get(0)));
  }
}

TEST_F(Tflite, FloatEndsStandBeforeAndBehindTheCodes) {
  const ModelFile file = this->file(kEmbedder, {kSignedWeights}, "tflite", R"({"io": "float32"})");
  EXPECT_EQ(file.input().type(), TensorType::FLOAT32);
  EXPECT_EQ(file.output().type(), TensorType::FLOAT32);
  EXPECT_EQ(file.input().quantization(), nullptr);
  EXPECT_EQ(file.operators().front(), "QUANTIZE");
  EXPECT_EQ(file.operators().back(), "DEQUANTIZE");
}

TEST_F(Tflite, WeightsAreSymmetricPerChannel) {
  const ModelFile file = this->file(kEmbedder, {kSignedWeights});
  const circle::Tensor& weight = file.named("model.embed_vision.embedding_projection.weight");
  EXPECT_EQ(weight.type(), TensorType::INT8);
  EXPECT_EQ(weight.quantization()->scale()->size(), 64u);
  EXPECT_EQ(weight.quantization()->quantized_dimension(), 0);
  for (int64_t each : *weight.quantization()->zero_point()) EXPECT_EQ(each, 0);
}

TEST_F(Tflite, AnAsymmetricWeightIsRefusedWithTheRemedy) {
  for (const auto& [dtype, weight] :
       {std::pair("uint8", "embedding_projection"), std::pair("uint4", "embedding_pre_projection_norm")}) {
    const std::string text = refusal(kEmbedder, {std::string("quantization.weight.dtype=") + dtype});
    EXPECT_THAT(text, HasSubstr(std::string("\"model.embed_vision.") + weight + ".weight\" is asymmetric"))
        << dtype;
    EXPECT_THAT(text, HasSubstr("set \"dtype\": \"int8\" for weights in the recipe")) << dtype;
  }
  EXPECT_THAT(refusal(kEmbedder, {"quantization.weight.dtype=int16"}),
              HasSubstr("has codes of int16; TFLite wants symmetric int8 or int4"));
}

// A Linear of 8 to 12 with bias, or an Embedding of 12 rows, with synthesized numbers.
class TfliteModule : public Tflite {
 protected:
  TfliteModule() {
    test::write_file(folder_ / "description.json", R"({"seed": 3, "config": {}, "tensors": [
        {"name": "weight", "dtype": "float32", "shape": [12, 8], "distribution": "normal", "mean": 0.3,)"
                                                   R"( "std": 1},
        {"name": "bias", "dtype": "float32", "shape": [12], "distribution": "normal", "mean": 0,)"
                                                   R"( "std": 1}]})");
    synthesize(folder_ / "description.json", folder_ / "checkpoint");
  }
  ModelFile module(const std::string& type, const nlohmann::json& config, const nlohmann::json& input,
                   const nlohmann::json& quantization, const std::string& backend = "tflite") {
    const nlohmann::json recipe = {
        {"version", 1},
        {"model",
         {{"checkpoint", (folder_ / "checkpoint").string()},
          {"module", ""},
          {"type", type},
          {"config", config}}},
        {"quantization", quantization},
        {"calibration",
         {{"inputs", {{"kind", "synthetic"}, {"inputs", {{"input", input}}}}}, {"samples", 2}}},
        {"evaluation", {{"samples", 1}}}};
    test::write_file(folder_ / "recipe.json", recipe.dump());
    return file((folder_ / "recipe.json").string(), {}, backend);
  }
  ModelFile linear(const std::string& activation) {
    return module("Linear", {{"in_features", 8}, {"out_features", 12}},
                  {{"shape", {1, 5, 8}}, {"dtype", "float32"}},
                  {{"activation", {{"observer", "minmax"}, {"dtype", activation}}},
                   {"weight", {{"observer", "minmax"}, {"dtype", "int8"}}}});
  }
  ModelFile table(const std::string& granularity, const std::string& backend = "tflite") {
    nlohmann::json rule = {{"match", "weight"}, {"granularity", granularity}};
    if (granularity == "channel") rule["axis"] = 0;
    return module("Embedding", {{"num_embeddings", 12}, {"embedding_dim", 8}},
                  {{"shape", {1, 5}}, {"dtype", "int64"}, {"low", 0}, {"high", 11}},
                  {{"weight", {{"observer", "minmax"}, {"dtype", "uint8"}}}, {"rules", {rule}}}, backend);
  }
};

TEST_F(TfliteModule, SixteenBitsHaveBiasesOf64Bits) {
  for (const auto& [activation, input, wanted] :
       {std::tuple("uint8", TensorType::INT8, TensorType::INT32),
        std::tuple("int16", TensorType::INT16, TensorType::INT64)}) {
    const ModelFile file = linear(activation);
    const circle::Tensor &bias = file.named("bias"), &weight = file.named("weight");
    EXPECT_EQ(file.input().type(), input);
    EXPECT_EQ(weight.type(), TensorType::INT8);
    EXPECT_EQ(bias.type(), wanted);
    ASSERT_EQ(bias.quantization()->scale()->size(), 12u);
    for (uint32_t i = 0; i < 12; ++i)
      EXPECT_EQ(bias.quantization()->scale()->Get(i),
                file.input().quantization()->scale()->Get(0) * weight.quantization()->scale()->Get(i))
          << i;
  }
}

TEST_F(TfliteModule, CodesOfAnUnsignedTableMoveByHalfTheRange) {
  const ModelFile ours = table("tensor"), theirs = table("tensor", "circle");
  EXPECT_EQ(ours.operators(), theirs.operators());
  const circle::Tensor &a = ours.named("weight"), &b = theirs.named("weight");
  EXPECT_EQ(a.type(), TensorType::INT8);
  EXPECT_EQ(zero_point(a), zero_point(b) - 128);
  const std::string codes = ours.data(a), unsigned_codes = theirs.data(b);
  ASSERT_EQ(codes.size(), 96u);
  for (size_t i = 0; i < codes.size(); ++i)
    EXPECT_EQ(static_cast<int8_t>(codes[i]), static_cast<int>(static_cast<uint8_t>(unsigned_codes[i])) - 128)
        << i;
}

TEST_F(TfliteModule, ATableWithAScaleForEachRowIsGatheredWithItsScales) {
  const ModelFile file = table("channel");
  EXPECT_THAT(file.operators(), ElementsAre("GATHER", "CAST", "GATHER", "SUB", "GATHER", "MUL", "QUANTIZE"));
  EXPECT_EQ(file.data(file.named("weight/scale")).size(), 12u * sizeof(float));
}

}  // namespace
}  // namespace vernier::core::testing
