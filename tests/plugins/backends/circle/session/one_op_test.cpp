// Each op in a graph of its own: the file's operators, and what they make of codes, against numbers worked
// out from the op's definition and rounded to the result's grid once.
#include <gmock/gmock.h>

#include <cmath>

#include "circle/reader.h"
#include "core/circle/mutants.h"
#include "plugins/backends/op_file.h"
#include "plugins/executors/circle/executor_fixture.h"
#include "support/expect_error.h"
#include "support/shipped_profile.h"
#include "vernier/core/check.h"
#include "vernier/core/error.h"

namespace vernier::test {
namespace {

std::vector<std::string> operators_of(const std::filesystem::path& file) {
  std::vector<std::string> names;
  const core::CircleFile read = core::read_circle(file);
  for (const core::CircleOperator& one : read.subgraphs.at(0).operators) names.push_back(one.op);
  return names;
}

// As `tensor` has them: codes where it has qparams.
Numbers elements_for(const core::FileTensor& tensor, const Numbers& numbers) {
  if (!tensor.qparams) return numbers;
  Numbers codes;
  for (double real : numbers) {
    const double code = std::nearbyint(real / tensor.qparams->scale.at(0)) + tensor.qparams->zero_point.at(0);
    codes.push_back(
        std::clamp(code, static_cast<double>(tensor.dtype.qmin()), static_cast<double>(tensor.dtype.qmax())));
  }
  return codes;
}

// The numbers that these elements are.
Numbers meant(const core::FileTensor& tensor, const Numbers& elements) {
  Numbers result = elements;
  if (!tensor.qparams) return result;
  for (double& one : result)
    one = double{tensor.qparams->scale.at(0)} * (one - tensor.qparams->zero_point.at(0));
  return result;
}

const core::FileTensor& named(const std::vector<core::FileTensor>& tensors, const std::string& name) {
  const auto found =
      std::find_if(tensors.begin(), tensors.end(), [&](const auto& one) { return one.name == name; });
  if (found == tensors.end()) throw std::runtime_error("the file has no input " + name);
  return *found;
}

void expect_executed(const OpCase& one, const std::filesystem::path& path) {
  static CircleExecutor executor;
  core::ExecutedFile file = executor.open(path);
  std::vector<Numbers> numbers;
  std::map<std::string, core::Tensor> given;
  for (const OpOperand& operand : one.operands) {
    const core::FileTensor& input = named(file.inputs(), operand.name);
    const Numbers elements = elements_for(input, operand.values);
    numbers.push_back(meant(input, elements));
    given[operand.name] = tensor_of(input.dtype, input.shape, elements);
  }
  std::vector<core::Tensor> inputs;
  for (const core::FileTensor& input : file.inputs()) inputs.push_back(given.at(input.name));
  const core::RunResults results = file.run(inputs, false);
  const core::FileTensor& result = results.output(0);
  const core::Tensor wanted =
      tensor_of(result.dtype, result.shape, elements_for(result, one.numbers(numbers)));
  if (!result.qparams) {
    EXPECT_EQ(result.dtype, one.result);
  }
  ASSERT_EQ(result.data.bytes(), wanted.bytes());
  EXPECT_EQ(std::memcmp(result.data.data, wanted.data, wanted.bytes()), 0);
}

class CircleOneOp : public ::testing::TestWithParam<OpCase> {};

TEST_P(CircleOneOp, OfBytesIsExecutedAsDefined) {
  OpFile file(GetParam(), "uint8", "circle");
  file.run();
  EXPECT_EQ(operators_of(file.file()), GetParam().circle);
  expect_executed(GetParam(), file.file());
}

TEST_P(CircleOneOp, OfWordsIsExecutedAsDefined) {
  OpFile file(GetParam(), "int16", "circle");
  file.run();
  expect_executed(GetParam(), file.file());
}

TEST_P(CircleOneOp, OfRealsIsOneOperator) {
  OpFile file(GetParam(), "float32", "circle");
  file.run();
  EXPECT_EQ(operators_of(file.file()).size(), 1u);
  expect_executed(GetParam(), file.file());
}

// Held to the exact reading of its graph, as a recipe with "verify" is.
TEST_P(CircleOneOp, IsTheExactReading) {
  OpFile file(GetParam(), "uint8", "circle");
  file.recipe()["export"][0]["file"] = "op.circle";
  file.recipe()["export"][0]["verify"] = {{"executor", "circle"}};
  const nlohmann::json report = file.run();
  EXPECT_EQ(report.at("verify").at(0).at("first_divergence"), nullptr);
  for (const auto& output : report.at("verify").at(0).at("outputs"))
    EXPECT_EQ(output.at("quantized_to_file").at("codes_differ"), 0) << output;
}

TEST_P(CircleOneOp, IsSoundAndEachFieldThatIsWrongIsFound) {
  OpFile file(GetParam(), "uint8", "circle");
  file.run();
  const std::string bytes = read_file(file.file());
  EXPECT_EQ(core::check_bytes(std::as_bytes(std::span(bytes))).to_json()["findings"],
            nlohmann::json::array());
  const auto unpacked = [&] {
    return std::unique_ptr<circle::ModelT>(flatbuffers::GetRoot<circle::Model>(bytes.data())->UnPack());
  };
  for (const core::testing::Mutant& mutant : core::testing::mutants_of(*unpacked(), 2)) {
    if (*mutant.profile != '\0') continue;
    const auto changed = unpacked();
    mutant.change(*changed);
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(circle::Model::Pack(builder, changed.get()), "CIR0");
    const core::CheckResult result = core::check_bytes(
        std::as_bytes(std::span(builder.GetBufferPointer(), static_cast<size_t>(builder.GetSize()))));
    EXPECT_TRUE(std::any_of(result.findings.begin(), result.findings.end(),
                            [&](const core::Finding& one) { return one.rule == mutant.rule; }))
        << mutant.name << ": " << mutant.rule << " is not among\n"
        << result.to_table();
  }
}

TEST_P(CircleOneOp, HasTheOperatorsOfTflite) {
  OpFile file(GetParam(), "uint8", "tflite");
  file.run();
  EXPECT_EQ(operators_of(file.file()), GetParam().tflite);
}

INSTANTIATE_TEST_SUITE_P(Ops, CircleOneOp, ::testing::ValuesIn(op_cases()),
                         [](const auto& one) { return one.param.name; });

TEST(CircleWithoutOperator, IsRefusedAtPlan) {
  for (const OpCase& one : onnx_cases()) {
    for (const char* backend : {"circle", "tflite"}) {
      OpFile file(one, "uint8", backend);
      expect_error(core::ErrorKind::kPlugin,
                   std::string("backend ") + backend + " cannot write op " + one.name + "\n",
                   [&] { (void)file.plan(); });
    }
  }
}

struct Refused {
  const char* op;
  std::vector<OpOperand> operands;
  DType result;
  const char* text;
};

// With the node, its module and what to do.
TEST(CircleOneOpOfOtherTypes, IsRefusedAtPlan) {
  const OpOperand wide = integers("b", kInt64, {1, 2}), narrow = integers("a", kInt32, {1, 2});
  const OpOperand real = reals("a", {2, 1}, {-16, 15.875});
  const Refused cases[] = {
      {"cos",
       {integers("x", kInt64, {1, 2})},
       kFloat32,
       "<root>: cos: \"x\" is int64; Circle's operator takes float32: give it real numbers"},
      {"maximum",
       {narrow, wide},
       kInt64,
       "<root>: maximum: takes \"a\" (int32) to int64; Circle wants one type: give the module's operands one "
       "dtype"},
      {"maximum",
       {real, wide},
       kFloat32,
       "<root>: maximum: takes \"b\" (int64 without qparams) to uint8; Circle wants one type"},
      {"less",
       {narrow, wide},
       kBool,
       "<root>: less: compares int32 with int64; Circle wants one type: give the module's operands one "
       "dtype"},
      {"less", {real, wide}, kBool, "<root>: less: compares uint8 codes with int64; Circle wants one type"}};
  for (const Refused& one : cases) {
    OpFile file({one.op, {{"op", one.op}}, one.operands, one.result, {}, {}, {}, {}}, "uint8", "circle");
    expect_error(core::ErrorKind::kPlugin, one.text, [&] { (void)file.plan(); });
    expect_error(core::ErrorKind::kPlugin, "backend circle cannot write op.bin as the recipe asks",
                 [&] { (void)file.plan(); });
  }
}

// Consumers that take such a file and that do not, by their profiles.
struct Taken {
  const char* op;
  const char* activation;
  const char* backend;
  const char* profile;
  const char* refusal;  // empty: taken
};

class ConsumerOfOneOp : public ::testing::TestWithParam<Taken> {};

TEST_P(ConsumerOfOneOp, TakesItOrSaysWhyNot) {
  const Taken& wanted = GetParam();
  for (const OpCase& one : op_cases()) {
    if (one.name != wanted.op) continue;
    OpFile file(one, wanted.activation, wanted.backend);
    file.recipe()["export"][0]["profile"] = wanted.profile;
    if (*wanted.refusal == '\0')
      EXPECT_NO_THROW((void)file.plan()) << wanted.op << " for " << wanted.profile;
    else
      expect_error(core::ErrorKind::kGate, wanted.refusal, [&] { (void)file.plan(); });
    return;
  }
  FAIL() << "no case " << wanted.op;
}

INSTANTIATE_TEST_SUITE_P(
    Profiles, ConsumerOfOneOp,
    ::testing::Values(
        Taken{"cos", "int16", "circle", "npu", "nothing is computed in float"},
        Taken{"maximum", "int16", "circle", "npu", ""}, Taken{"where", "int16", "circle", "npu", ""},
        Taken{"less", "int16", "circle", "npu", ""}, Taken{"argmax", "int16", "circle", "npu", ""},
        Taken{"max", "int16", "circle", "npu", ""}, Taken{"cumsum", "uint8", "circle", "tico", ""},
        Taken{"floor", "uint8", "circle", "luci", "ONE wants these computed in UINT8 or INT16"},
        Taken{"pow", "uint8", "circle", "luci", "ONE wants these computed in UINT8 or INT16"},
        Taken{"greater", "uint8", "circle", "luci", ""}, Taken{"max", "uint8", "circle", "luci", ""},
        Taken{"argmax", "int16", "circle", "luci", ""},
        Taken{"greater_of_integers", "uint8", "circle", "luci", "ONE wants UINT8 or INT16 compared"},
        Taken{"argmax_of_integers", "uint8", "circle", "luci", "ONE wants an index of UINT8 or INT16"},
        Taken{"abs", "float32", "circle", "onert", ""}, Taken{"argmax", "uint8", "circle", "onert", ""},
        Taken{"argmax", "int8", "circle", "onert", "reads INT8 as unsigned"},
        Taken{"abs", "uint8", "circle", "onert", "its ABS, COS, EXP, LOG and SIN are float ones"},
        Taken{"max", "uint8", "circle", "onert", "its REDUCE_MAX and REDUCE_MIN take FLOAT32 and INT32"},
        Taken{"less", "int8", "circle", "onert", "it compares FLOAT32, INT32, UINT8 and BOOL"},
        Taken{"less_of_one_grid", "int8", "tflite", "tflite", ""},
        Taken{"less_of_one_grid", "int16", "tflite", "tflite", "INT8 is compared, and looked through"},
        Taken{"maximum", "int8", "tflite", "tflite", ""}, Taken{"where", "int8", "tflite", "litert", ""}),
    [](const auto& one) {
      return std::string(one.param.op) + "_" + one.param.activation + "_" + one.param.profile;
    });

}  // namespace
}  // namespace vernier::test
