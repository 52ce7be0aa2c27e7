// Each op in a graph of its own: the operators of the ONNX file, and what has codes. What onnxruntime makes
// of them is in tests/parity/test_one_op.py.
#include <gmock/gmock.h>

#include <protozero/pbf_reader.hpp>

#include "plugins/backends/op_file.h"

namespace vernier::test {
namespace {

// Operators of the main graph.
Names operators_of(const std::string& bytes) {
  Names names;
  protozero::pbf_reader model(bytes);
  while (model.next(7)) {
    protozero::pbf_reader graph = model.get_message();
    while (graph.next(1)) {
      protozero::pbf_reader node = graph.get_message();
      while (node.next(4)) names.push_back(node.get_string());
    }
  }
  return names;
}

bool is_passage(const std::string& name) { return name == "QuantizeLinear" || name == "DequantizeLinear"; }

// Updates up to the second axis, the first one, and none: what ONNX has for each.
std::vector<OpCase> onnx_update_cases() {
  const auto update = [](core::Shape shape, const std::pair<DType, Numbers>& starts, Names names) {
    const auto count = static_cast<size_t>(shape[0] * shape[1]);
    return OpCase{"update_of_" + std::to_string(shape[0]) + "_by_" + std::to_string(shape[1]),
                  {{"op", "dynamic_update_slice"}},
                  {eighths("condition"),
                   {"a", starts.first, {2}, starts.second},
                   reals("b", std::move(shape), Numbers(count, 0.5))},
                  kFloat32,
                  {},
                  {},
                  {},
                  std::move(names)};
  };
  return {update({2, 2}, {kInt64, {0, 1}}, {"Add", "ScatterND"}),
          update({1, 4}, {kInt32, {1, 0}}, {"Cast", "Slice", "Add", "ScatterND"}),
          update({2, 4}, {kInt64, {0, 0}}, {"Identity"})};
}

class OnnxOneOp : public ::testing::TestWithParam<OpCase> {};

TEST_P(OnnxOneOp, HasItsOperatorsAndCodesOfRealsOnly) {
  const OpCase& one = GetParam();
  OpFile file(one, "uint8", "onnx");
  file.run();
  Names names = operators_of(read_file(file.file()));
  const auto passages = std::count_if(names.begin(), names.end(), is_passage);
  names.erase(std::remove_if(names.begin(), names.end(), is_passage), names.end());
  EXPECT_EQ(names, one.onnx);
  int64_t reals = one.result == kFloat32 ? 1 : 0;
  for (const OpOperand& operand : one.operands) reals += operand.dtype == kFloat32 ? 1 : 0;
  EXPECT_EQ(passages, 2 * reals) << "bools and integers have no codes";
}

TEST_P(OnnxOneOp, OfRealsHasItsOperatorsOnly) {
  OpFile file(GetParam(), "float32", "onnx");
  file.run();
  EXPECT_EQ(operators_of(read_file(file.file())), GetParam().onnx);
}

INSTANTIATE_TEST_SUITE_P(Ops, OnnxOneOp, ::testing::ValuesIn(op_cases()),
                         [](const auto& one) { return one.param.name; });
INSTANTIATE_TEST_SUITE_P(OpsOfOnnx, OnnxOneOp, ::testing::ValuesIn(onnx_cases()),
                         [](const auto& one) { return one.param.name; });
INSTANTIATE_TEST_SUITE_P(Updates, OnnxOneOp, ::testing::ValuesIn(onnx_update_cases()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace vernier::test
