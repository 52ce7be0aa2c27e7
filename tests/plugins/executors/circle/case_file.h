// The cases of tests/data/circle_executor/cases.json, each as a Circle file of one operator.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "plugins/executors/circle/circle_file.h"
#include "support/host_tensor.h"

namespace vernier::test {

inline const nlohmann::json& circle_cases() {
  static const nlohmann::json all = [] {
    std::ifstream in(std::string(VERNIER_SOURCE_DIR) + "/tests/data/circle_executor/cases.json");
    return nlohmann::json::parse(in);
  }();
  return all;
}

inline size_t count_of(const nlohmann::json& tensor) {
  size_t count = 1;
  for (const auto& extent : tensor.at("shape")) count *= extent.get<size_t>();
  return count;
}

inline DType dtype_of(const nlohmann::json& tensor) {
  return DType::parse(tensor.at("dtype").get<std::string>());
}

inline std::string bytes_of(const nlohmann::json& tensor) {
  return packed(tensor.at("values"), dtype_of(tensor), count_of(tensor));
}

inline CircleTensor circle_tensor(const nlohmann::json& from, const std::string& name) {
  CircleTensor tensor{
      name, from.at("shape"), dtype_of(from), from.at("scale"), from.at("zero_point"), from.at("axis"), {}};
  if (from.at("constant").get<bool>()) tensor.bytes = bytes_of(from);
  return tensor;
}

inline circle::BuiltinOperator code_of(const std::string& name) {
  for (const auto code : circle::EnumValuesBuiltinOperator()) {
    if (name == circle::EnumNameBuiltinOperator(code)) return code;
  }
  throw std::invalid_argument("no operator " + name);
}

inline CircleFile circle_file(const nlohmann::json& one) {
  CircleFile file;
  std::vector<int32_t> operands;
  for (const auto& input : one.at("inputs")) {
    operands.push_back(file.add(circle_tensor(input, "operand" + std::to_string(operands.size()))));
    if (!input.at("constant").get<bool>()) file.inputs.push_back(operands.back());
  }
  for (const auto& output : one.at("outputs"))
    file.outputs.push_back(file.add(circle_tensor(output, "result" + std::to_string(file.outputs.size()))));
  const std::string op = one.at("op");
  file.add_operator(code_of(op), operands, file.outputs, circle_options(op, one.at("options")));
  return file;
}

// What the file's caller gives.
inline std::vector<core::Tensor> inputs_of(const nlohmann::json& one) {
  std::vector<core::Tensor> inputs;
  for (const auto& input : one.at("inputs")) {
    if (!input.at("constant").get<bool>())
      inputs.push_back(host_tensor(dtype_of(input), input.at("shape"), bytes_of(input)));
  }
  return inputs;
}

}  // namespace vernier::test
