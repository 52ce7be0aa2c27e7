// The arguments of one op call by type, and the errors about them. For the rules only.
#pragma once

#include <fmt/format.h>

#include "device/op_rules.h"
#include "vernier/core/error.h"

namespace vernier::core {

class CallTypes {
 public:
  CallTypes(const OpSignature& op, std::span<const ArgumentType> arguments)
      : op_(op), arguments_(arguments) {}

  [[nodiscard]] bool has(size_t i) const { return !std::holds_alternative<std::monostate>(arguments_[i]); }
  [[nodiscard]] const TensorType& tensor(size_t i) const { return std::get<TensorType>(arguments_[i]); }
  [[nodiscard]] const std::vector<TensorType>& tensors(size_t i) const {
    return std::get<std::vector<TensorType>>(arguments_[i]);
  }
  [[nodiscard]] int64_t integer(size_t i) const { return std::get<int64_t>(arguments_[i]); }
  [[nodiscard]] double number(size_t i) const { return std::get<double>(arguments_[i]); }
  [[nodiscard]] const std::vector<int64_t>& integers(size_t i) const {
    return std::get<std::vector<int64_t>>(arguments_[i]);
  }
  [[nodiscard]] const std::string& text(size_t i) const { return std::get<std::string>(arguments_[i]); }
  [[nodiscard]] size_t count() const { return arguments_.size(); }
  [[nodiscard]] bool is_tensor(size_t i) const { return std::holds_alternative<TensorType>(arguments_[i]); }
  [[nodiscard]] std::string_view name_of(size_t i) const { return op_.arguments[i].name; }
  [[nodiscard]] std::string_view op() const { return op_.name; }

  // "linear: WHAT", where: all tensors of the call.
  [[nodiscard]] Error refused(const std::string& what, const std::string& hint = {}) const {
    return plugin_error(fmt::format("{}: {}", op_.name, what), found(), hint);
  }
  // "arguments float32[2, 3], int64[4]"; empty where there is no tensor.
  [[nodiscard]] std::string found() const {
    std::string found;
    const auto add = [&](const TensorType& type) { found += (found.empty() ? "" : ", ") + to_string(type); };
    for (const ArgumentType& argument : arguments_) {
      if (const auto* one = std::get_if<TensorType>(&argument)) add(*one);
      if (const auto* many = std::get_if<std::vector<TensorType>>(&argument)) {
        for (const TensorType& type : *many) add(type);
      }
    }
    return found.empty() ? "" : "arguments " + found;
  }

 private:
  const OpSignature& op_;
  std::span<const ArgumentType> arguments_;
};

}  // namespace vernier::core
