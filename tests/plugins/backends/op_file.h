// The recipe of a graph of one op, run to a file.
#pragma once

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "core/session/run_recipe.h"
#include "plugins/backends/op_cases.h"
#include "support/tensors.h"

namespace vernier::test {

template <typename T>
core::Tensor numbers_as(DType dtype, const core::Shape& shape, const Numbers& numbers) {
  core::Tensor x = core::Tensor::allocate(dtype, shape);
  std::transform(numbers.begin(), numbers.end(), x.mutable_as<T>(),
                 [](double one) { return static_cast<T>(one); });
  return x;
}

// Elements of these numbers; codes, where the dtype is one of codes.
inline core::Tensor tensor_of(DType dtype, const core::Shape& shape, const Numbers& numbers) {
  if (dtype == kFloat32) return numbers_as<float>(dtype, shape, numbers);
  if (dtype == kBool || dtype == kUInt8) return numbers_as<uint8_t>(dtype, shape, numbers);
  if (dtype == kInt8) return numbers_as<int8_t>(dtype, shape, numbers);
  if (dtype == kInt16) return numbers_as<int16_t>(dtype, shape, numbers);
  if (dtype == kInt32) return numbers_as<int32_t>(dtype, shape, numbers);
  return numbers_as<int64_t>(dtype, shape, numbers);
}

// `activation`: "uint8", "int16", or "float32" for no codes at all.
class OpFile {
 public:
  OpFile(const OpCase& one, const std::string& activation, const std::string& backend) {
    std::map<std::string, core::Tensor> parameters = {{"unused", ramp({1})}};
    for (const char* name : {"weight", "bias"}) {
      if (one.config.contains(name)) parameters[name] = parameter(one.config.at(name).get<core::Shape>());
    }
    write_tensors(folder_ / "checkpoint/model.safetensors", parameters);
    write_file(folder_ / "checkpoint/config.json", "{}");
    std::map<std::string, core::Tensor> inputs;
    nlohmann::json config = one.config;
    config["sites"] = nlohmann::json::array();
    for (const OpOperand& operand : one.operands) {
      inputs[operand.name + ".0"] = tensor_of(operand.dtype, operand.shape, operand.values);
      if (operand.dtype == kFloat32) config["sites"].push_back(operand.name);
    }
    if (one.result == kFloat32) config["sites"].push_back("out");
    write_tensors(folder_ / "inputs.safetensors", inputs);
    static const char* const kTypes[] = {"OneOperand", "TwoOperands", "ThreeOperands"};
    nlohmann::json sites = {{"observer", "identity"}};
    if (activation != "float32") sites = {{"observer", "minmax"}, {"dtype", activation}};
    if (activation == "int16") sites["scheme"] = "symmetric";
    recipe_ = {{"version", 1},
               {"model",
                {{"checkpoint", (folder_ / "checkpoint").string()},
                 {"module", ""},
                 {"type", kTypes[one.operands.size() - 1]},
                 {"config", std::move(config)}}},
               {"quantization", {{"activation", std::move(sites)}, {"weight", {{"dtype", "int8"}}}}},
               {"calibration",
                {{"inputs", {{"kind", "safetensors"}, {"path", (folder_ / "inputs.safetensors").string()}}}}},
               {"export", {{{"backend", backend}, {"file", "op.bin"}, {"profile", "none"}}}}};
  }

  [[nodiscard]] nlohmann::json& recipe() { return recipe_; }
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "out/op.bin"; }
  [[nodiscard]] std::filesystem::path folder() const { return folder_ / "out"; }
  nlohmann::json plan() { return core::plan(options()); }
  nlohmann::json run() { return core::run(options()).report; }

 private:
  static core::Tensor parameter(const core::Shape& shape) {
    core::Tensor x = core::Tensor::allocate(kFloat32, shape);
    for (int64_t i = 0; i < x.elements(); ++i)
      x.mutable_as<float>()[i] = static_cast<float>(std::remainder(static_cast<double>(i) * 0.61 + 0.2, 1.7));
    return x;
  }
  core::SessionOptions options() {
    write_file(folder_ / "recipe.json", recipe_.dump(1));
    core::SessionOptions result;
    result.recipe = folder_ / "recipe.json";
    result.plugin_files = {std::filesystem::path(VERNIER_BINARY_DIR) / "fixtures/one_op/one_op.so"};
    result.out = folder_ / "out";
    result.device = &core::make_reference_device;
    return result;
  }

  TempFolder folder_;
  nlohmann::json recipe_;
};

}  // namespace vernier::test
