// ONNX files held to their format's rules and to a consumer's: each breach is found at its place, and what
// the file does not say is not held against it.
#include "onnx/check.h"

#include <gmock/gmock.h>

#include <cstring>

#include "core/onnx/model_builder.h"
#include "support/expect_error.h"
#include "support/shipped_profile.h"
#include "vernier/core/check.h"

namespace vernier::core {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int32_t kOnnxFloat = 1, kOnnxUInt8 = 2, kOnnxInt8 = 3, kOnnxUInt16 = 4, kOnnxInt64 = 7,
                  kOnnxDouble = 11, kOnnxInt4 = 22;

std::string raw(float value) {
  std::string text(sizeof value, '\0');
  std::memcpy(text.data(), &value, sizeof value);
  return text;
}

std::vector<std::string> found_in(const std::string& file, const Profile* profile = nullptr) {
  std::vector<std::string> lines;
  const CheckResult result = check_bytes(test::bytes_of(file), profile);
  EXPECT_EQ(result.format, "onnx");
  EXPECT_EQ(result.errors + result.warnings, result.findings.size());
  for (const Finding& one : result.findings)
    lines.push_back((one.is_error ? "" : "warning: ") + one.rule + ": " + one.where + ": " + one.what);
  return lines;
}

// x -> QuantizeLinear -> DequantizeLinear -> y, with one thing changed.
struct Pair {
  float scale = 0.5F;
  int32_t zero_point = kOnnxUInt8;
  std::vector<int64_t> zero_point_shape;
  std::string zero_point_bytes = std::string(1, '\0');
  std::string back_zero_point = "z";
  [[nodiscard]] std::vector<std::string> back_inputs() const { return {"q", "s", back_zero_point}; }

  [[nodiscard]] test::OnnxBuilder graph() const {
    test::OnnxBuilder file;
    file.add_input("x", kOnnxFloat, 2).add_output("y", kOnnxFloat, 2).add_opset("", 21);
    file.add_constant("s", kOnnxFloat, {}, raw(scale));
    file.add_constant("z", zero_point, zero_point_shape, zero_point_bytes);
    file.add_constant("other", kOnnxInt8, {}, std::string(1, '\0'));
    file.add_node("QuantizeLinear", {"x", "s", "z"}, {"q"});
    file.add_node("DequantizeLinear", back_inputs(), {"y"});
    return file;
  }
};

TEST(OnnxCheck, ASoundFileHasNoFindings) {
  EXPECT_THAT(found_in(Pair{}.graph().file()), IsEmpty());
  const Profile profile = test::shipped_profile("onnxruntime");
  EXPECT_THAT(found_in(Pair{}.graph().file(), &profile), IsEmpty());
}

TEST(OnnxCheck, QuantizationIsHeld) {
  Pair negative;
  negative.scale = -0.25F;
  EXPECT_THAT(found_in(negative.graph().file()),
              ElementsAre("quantization: operator 0 (QuantizeLinear): has the scale -0.25",
                          "quantization: operator 1 (DequantizeLinear): has the scale -0.25"));
  Pair two_axes;
  two_axes.zero_point_shape = {1, 1};
  EXPECT_EQ(found_in(two_axes.graph().file()).at(0),
            "quantization: operator 0 (QuantizeLinear): its scale has 0 axes, its zero point 2");
  Pair other;
  other.back_zero_point = "other";
  EXPECT_THAT(
      found_in(other.graph().file()),
      ElementsAre(
          "quantization: operator 1 (DequantizeLinear): takes codes of UINT8 and a zero point of INT8"));
  Pair none = other;
  none.back_zero_point = "";
  EXPECT_THAT(found_in(none.graph().file()), IsEmpty());
  test::OnnxBuilder bare;
  bare.add_input("x", kOnnxFloat, 1).add_opset("", 21).add_node("QuantizeLinear", {"x"}, {"q"});
  EXPECT_THAT(
      found_in(bare.file()),
      ElementsAre(
          "quantization: operator 0 (QuantizeLinear): has 1 operands; they are x, scale and zero point"));
}

TEST(OnnxCheck, NamesAndOperatorSetsAreHeld) {
  test::OnnxBuilder file;
  file.add_input("x", kOnnxFloat, 1).add_output("nowhere", kOnnxFloat, 1).add_opset("ai.onnx", 21);
  file.add_node("Relu", {"later"}, {"y"}).add_node("Relu", {"x"}, {"later"}).add_node("Relu", {"x"}, {"y"});
  file.add_node("Attention", {"x", ""}, {"z"}, "com.microsoft");
  file.add_node("If", {"x"}, {"w"}, "", {{"then_branch", 0, 0, true}});
  file.add_node("", {"x"}, {"v"});
  EXPECT_THAT(
      found_in(file.file()),
      ElementsAre(
          "names: operator 0 (Relu): nothing before it makes \"later\"",
          "names: operator 2 (Relu): \"y\" is made twice",
          "opset: operator 3 (com.microsoft.Attention): the file names no operator set \"com.microsoft\"",
          "warning: names: operator 4 (If): has a graph of its own, which is not looked at",
          "names: operator 5 (): has no operator", "names: the graph's outputs: nothing makes \"nowhere\""));
  EXPECT_THAT(found_in(test::OnnxBuilder().file()), ElementsAre("opset: the file: names no operator set"));
  const std::string no_graph("\x08\x0a\x12\x00", 4);
  EXPECT_THAT(found_in(no_graph), ElementsAre("names: the file: has no graph"));
}

TEST(OnnxCheck, DamagedBytesAreAFinding) {
  const std::string file = Pair{}.graph().file();
  for (size_t size = 3; size < file.size(); ++size) {
    const auto found = found_in(file.substr(0, size));
    EXPECT_FALSE(found.empty()) << size;  // opset stands last, and is whole only in the whole file
  }
  test::OnnxBuilder wrong;
  wrong.add_constant("w", kOnnxFloat, {2}, "abc").add_opset("", 21);
  EXPECT_EQ(
      found_in(wrong.file()),
      std::vector<std::string>{"onnx: the file: the file is no sound ONNX file: constant w has 3 bytes, "
                               "its shape [2] of float32 wants 8"});
}

// A type that only the operator before it tells.
struct Inferred {
  const char* what;
  test::OnnxBuilder file;
  std::string type;  // of operand 0 of Probe; empty: not known
};

std::vector<Inferred> inferred() {
  const auto file = [] {
    test::OnnxBuilder made;
    made.add_input("f", kOnnxFloat, 2)
        .add_input("i", kOnnxInt64, 2)
        .add_input("unknown", 0, 2)
        .add_opset("", 21);
    made.add_opset("com.microsoft", 1);
    made.add_constant("s", kOnnxFloat, {}, raw(1.0F))
        .add_constant("z", kOnnxUInt16, {}, std::string(2, '\0'));
    return made;
  };
  std::vector<Inferred> rows;
  const auto add = [&](const char* what, const std::string& op, const std::vector<std::string>& inputs,
                       const std::string& type, const std::vector<test::OnnxAttribute>& attributes = {},
                       const std::string& domain = {}) {
    rows.push_back({what, file().add_node(op, inputs, {"p"}, domain, attributes), type});
  };
  add("same", "Relu", {"i"}, "INT64");
  add("compared", "Less", {"f", "f"}, "BOOL");
  add("chosen", "Where", {"f", "i", "i"}, "INT64");
  add("cast", "Cast", {"f"}, "DOUBLE", {{"to", kOnnxDouble}});
  add("constant", "Constant", {}, "INT4", {{"value", 0, kOnnxInt4}});
  add("zero point", "QuantizeLinear", {"f", "s", "z"}, "UINT16");
  add("no zero point", "QuantizeLinear", {"f", "s"}, "UINT8");
  add("output_dtype", "QuantizeLinear", {"f", "s"}, "INT4", {{"output_dtype", kOnnxInt4}});
  add("dequantized", "DequantizeLinear", {"z", "s"}, "FLOAT");
  add("index", "ArgMax", {"f"}, "INT64");
  add("of nothing known", "Relu", {"unknown"}, "");
  add("another domain's", "Relu", {"i"}, "", {}, "com.microsoft");
  add("quantized by itself", "DynamicQuantizeLinear", {"f"}, "UINT8");
  add("the scale's", "RMSNormalization", {"i", "f"}, "FLOAT");
  add("told by an attribute that is not read", "RandomNormalLike", {"i"}, "");
  add("nobody's operator", "Invented", {"i"}, "");
  add("a sequence's", "SequenceAt", {"i"}, "");
  return rows;
}

TEST(OnnxCheck, TypesFollowFromOperators) {
  Profile profile = test::shipped_profile("onnxruntime");
  profile.operators.clear();
  profile.rules.clear();
  ProfileRule rule;
  rule.says = "never";
  rule.operators = {"Probe"};
  rule.require = {{}};
  rule.require[0].of.index = 0;
  rule.require[0].types = {"STRING"};
  profile.rules.push_back(rule);
  for (Inferred& row : inferred()) {
    SCOPED_TRACE(row.what);
    row.file.add_node("Probe", {"p"}, {"y"});
    const auto found = found_in(row.file.file(), &profile);
    if (row.type.empty())
      EXPECT_THAT(found, IsEmpty());
    else
      EXPECT_THAT(found, ElementsAre("profile-onnxruntime: operator 1 (Probe): operand 0 is " + row.type +
                                     ", not STRING; never"));
  }
}

TEST(OnnxCheck, TheConsumersLimitsAreHeld) {
  const Profile profile = test::shipped_profile("onnxruntime");
  const auto with = [&](int64_t opset, int64_t ir_version) {
    test::OnnxBuilder file;
    file.add_input("x", kOnnxFloat, 1)
        .add_output("y", kOnnxFloat, 1)
        .add_opset("", opset)
        .add_node("Relu", {"x"}, {"y"});
    return found_in(file.file(ir_version), &profile);
  };
  const std::string least = std::to_string(*profile.limits.least_opset);
  const std::string greatest = std::to_string(*profile.limits.greatest_opset);
  EXPECT_THAT(with(*profile.limits.greatest_opset, *profile.limits.ir_version), IsEmpty());
  EXPECT_THAT(with(*profile.limits.greatest_opset + 1, 10),
              ElementsAre("profile-onnxruntime: the file: is of operator set " +
                          std::to_string(*profile.limits.greatest_opset + 1) + "; the consumer promises " +
                          least + " to " + greatest));
  EXPECT_THAT(with(6, 10),
              ElementsAre("profile-onnxruntime: the file: is of operator set 6; the consumer promises " +
                          least + " to " + greatest));
  EXPECT_THAT(with(21, 20), ElementsAre("profile-onnxruntime: the file: has IR version 20; at most " +
                                        std::to_string(*profile.limits.ir_version) + " is loaded"));
  Profile alone = profile;
  alone.limits.external_buffers = false;
  alone.limits.file_bytes = 10;
  alone.types = {"FLOAT"};
  test::OnnxBuilder beside;
  beside.add_opset("", 21).add_constant("w", kOnnxInt8, {4}, "", true).add_output("w", kOnnxInt8, 1);
  const std::string file = beside.file();
  EXPECT_THAT(
      found_in(file, &alone),
      ElementsAre("profile-onnxruntime: the file: has " + std::to_string(file.size()) +
                      " bytes; at most 10 are loaded",
                  "profile-onnxruntime: the file: has constants in a file beside it, which are not found "
                  "there",
                  "profile-onnxruntime: \"w\": INT8 is a type that is not loaded"));
}

TEST(OnnxCheck, OperatorsAndTypesOfOnnxruntimeAreHeld) {
  const Profile profile = test::shipped_profile("onnxruntime");
  test::OnnxBuilder file;
  file.add_input("x", kOnnxDouble, 4)
      .add_input("w", kOnnxDouble, 4)
      .add_output("y", kOnnxDouble, 4)
      .add_opset("", 21);
  file.add_node("Conv", {"x", "w"}, {"c"}).add_node("Convolve", {"c"}, {"y"});
  EXPECT_THAT(
      found_in(file.file(), &profile),
      ElementsAre(
          "profile-onnxruntime: operator 0 (Conv): operand 0 is DOUBLE, not FLOAT; onnxruntime has no such "
          "kernel for the CPU",
          "profile-onnxruntime: operator 0 (Conv): operand 1 is DOUBLE, not FLOAT; onnxruntime has no such "
          "kernel for the CPU",
          "profile-onnxruntime: operator 1 (Convolve): there is no such operator"));
}

TEST(OnnxCheck, AProfileIsOfOneFamilyOfFormats) {
  const std::string file = Pair{}.graph().file();
  const Profile npu = test::shipped_profile("npu");
  EXPECT_THAT(found_in(file, &npu).at(0), "profile-npu: the file: is onnx; circle is wanted");
  Profile profile = test::shipped_profile("onnxruntime");
  const auto refused = [&](const std::string& text) {
    test::expect_error(ErrorKind::kData, text, [&] { (void)check_bytes(test::bytes_of(file), &profile); });
  };
  profile.formats = {"onnx", "circle"};
  refused("ONNX has other names than Circle and TFLite");
  profile.formats = {"onnx"};
  profile.types = {"FLOAT32"};
  refused("ONNX has no type \"FLOAT32\"");
  profile.types.clear();
  profile.rules.resize(1);
  profile.rules[0].require.resize(1);
  profile.rules[0].require[0].zero_points = {0};
  refused("asks for scales or zero points, which a tensor of ONNX has not");
}

}  // namespace
}  // namespace vernier::core
