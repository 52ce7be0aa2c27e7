// Each operator in each dtype, run from a real file, against codes that make_cases.py worked out with exact arithmetic.
#include <gtest/gtest.h>

#include <fstream>

#include "plugins/executors/circle/circle_file.h"
#include "plugins/executors/circle/executor_fixture.h"

namespace vernier::test {
namespace {

const nlohmann::json& cases() {
  static const nlohmann::json all = [] {
    std::ifstream in(std::string(VERNIER_SOURCE_DIR) + "/tests/data/circle_executor/cases.json");
    return nlohmann::json::parse(in);
  }();
  return all;
}

size_t count_of(const nlohmann::json& tensor) {
  size_t count = 1;
  for (const auto& extent : tensor.at("shape")) count *= extent.get<size_t>();
  return count;
}

DType dtype_of(const nlohmann::json& tensor) { return DType::parse(tensor.at("dtype").get<std::string>()); }

CircleTensor circle_tensor(const nlohmann::json& from, const std::string& name) {
  CircleTensor tensor{name, from.at("shape"), dtype_of(from), from.at("scale"), from.at("zero_point"), from.at("axis"), {}};
  if (from.at("constant").get<bool>()) tensor.bytes = packed(from.at("values"), tensor.dtype, count_of(from));
  return tensor;
}

circle::BuiltinOperator code_of(const std::string& name) {
  for (const auto code : circle::EnumValuesBuiltinOperator()) {
    if (name == circle::EnumNameBuiltinOperator(code)) return code;
  }
  throw std::invalid_argument("no operator " + name);
}

CircleFile file_of(const nlohmann::json& one) {
  CircleFile file;
  std::vector<int32_t> operands;
  for (const auto& input : one.at("inputs")) {
    operands.push_back(file.add(circle_tensor(input, "operand" + std::to_string(operands.size()))));
    if (!input.at("constant").get<bool>()) file.inputs.push_back(operands.back());
  }
  file.outputs = {file.add(circle_tensor(one.at("output"), "result"))};
  const std::string op = one.at("op");
  file.add_operator(code_of(op), operands, file.outputs, circle_options(op, one.at("options")));
  return file;
}

class CircleOperator : public testing::TestWithParam<size_t> {};

TEST_P(CircleOperator, GivesTheExactCodes) {
  static CircleExecutor executor;
  const nlohmann::json& one = cases().at(GetParam());
  // The even ones with their constants behind the FlatBuffer.
  core::ExecutedFile file = executor.open_bytes(file_of(one).bytes(GetParam() % 2 == 0));
  std::vector<core::Tensor> inputs;
  for (const auto& input : one.at("inputs")) {
    if (input.at("constant").get<bool>()) continue;
    inputs.push_back(host_tensor(dtype_of(input), input.at("shape"), packed(input.at("values"), dtype_of(input), count_of(input))));
  }
  const core::RunResults results = file.run(inputs, false);
  const core::FileTensor& result = results.output(0);
  const nlohmann::json& wanted = one.at("output");
  EXPECT_EQ(result.name, "result");
  EXPECT_EQ(result.shape, wanted.at("shape").get<core::Shape>());
  ASSERT_EQ(result.dtype, dtype_of(wanted));
  const std::string bytes = packed(wanted.at("values"), result.dtype, count_of(wanted));
  ASSERT_EQ(result.data.bytes(), bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    ASSERT_EQ(static_cast<int>(result.data.as<uint8_t>()[i]), static_cast<int>(static_cast<uint8_t>(bytes[i]))) << "byte " << i << " of the result";
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, CircleOperator, testing::Range(size_t{0}, cases().size()), [](const auto& one) {
  std::string name = cases().at(one.param).at("name");
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
});

}  // namespace
}  // namespace vernier::test
