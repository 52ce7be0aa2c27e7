// What one consumer of the file wants besides the format: its profile, held against each operator.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "circle/check/checked_model.h"
#include "profile/rules.h"
#include "text/contains.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

class Operands : public RuleOperands {
 public:
  Operands(const CheckedSubgraph& subgraph, const CheckedOperator& op) : subgraph_(subgraph), op_(op) {}
  [[nodiscard]] size_t count(bool is_input) const override {
    return is_input ? op_.inputs.size() : op_.outputs.size();
  }
  [[nodiscard]] std::optional<RuleTensor> at(bool is_input, size_t index) const override {
    const CheckedTensor* tensor = is_input ? subgraph_.input(op_, index) : subgraph_.output(op_, index);
    if (tensor == nullptr) return std::nullopt;
    return RuleTensor{type_name(tensor->type), tensor->has_data, tensor->scale, tensor->zero_point,
                      tensor->shape.size()};
  }

 private:
  const CheckedSubgraph& subgraph_;
  const CheckedOperator& op_;
};

class ProfileCheck {
 public:
  explicit ProfileCheck(CheckedModel& model) : model_(model), profile_(*model.profile), rules_(profile_) {}

  void run() {
    check_file();
    for (const CheckedSubgraph& subgraph : model_.subgraphs) {
      check_types(subgraph);
      for (size_t i = 0; i < subgraph.operators.size(); ++i) {
        model_.control->check();
        check_operator(subgraph, i);
      }
    }
  }

 private:
  void tell(bool is_error, const std::string& where, const std::string& what) {
    if (is_error)
      model_.error("profile-" + profile_.name, where, what);
    else
      model_.warning("profile-" + profile_.name, where, what);
  }

  void check_file() {
    const std::string format = model_.is_tflite ? "tflite" : "circle";
    if (!contains(profile_.formats, format))
      tell(true, "the file", fmt::format("is {}; {} is wanted", format, fmt::join(profile_.formats, " or ")));
    const ProfileLimits& limits = profile_.limits;
    if (limits.file_bytes && model_.bytes.size() > *limits.file_bytes)
      tell(true, "the file",
           fmt::format("has {} bytes; at most {} are loaded", model_.bytes.size(), *limits.file_bytes));
    if (limits.subgraphs && model_.subgraphs.size() > *limits.subgraphs)
      tell(true, "the file",
           fmt::format("has {} subgraphs; at most {} are taken", model_.subgraphs.size(), *limits.subgraphs));
    const auto* signatures = model_.table->signature_defs();
    if (limits.signatures && signatures != nullptr && signatures->size() > *limits.signatures)
      tell(true, "the file",
           fmt::format("has {} signatures; at most {} can be run", signatures->size(), *limits.signatures));
    if (limits.external_buffers != false || model_.table->buffers() == nullptr) return;
    for (const circle::Buffer* buffer : *model_.table->buffers()) {
      if (buffer->offset() > 1)
        return tell(true, "the file", "has constants behind the FlatBuffer, which are not found there");
    }
  }

  void check_types(const CheckedSubgraph& subgraph) {
    for (size_t i = 0; i < subgraph.tensors.size() && !profile_.types.empty(); ++i) {
      model_.control->check();
      const std::string type = type_name(subgraph.tensors[i].type);
      if (!contains(profile_.types, type))
        tell(true, tensor_name(subgraph, static_cast<int32_t>(i)), type + " is a type that is not loaded");
    }
  }

  void check_operator(const CheckedSubgraph& subgraph, size_t i) {
    const CheckedOperator& op = subgraph.operators[i];
    rules_.hold(
        circle::EnumNameBuiltinOperator(op.code), Operands(subgraph, op), *model_.control,
        [&](bool is_error, const std::string& what) { tell(is_error, operator_name(subgraph, i), what); });
  }

  CheckedModel& model_;
  const Profile& profile_;
  ProfileRules rules_;
};

void require_known(const Profile& profile, const char* kind, const std::vector<std::string>& words,
                   const std::vector<std::string>& known) {
  for (const std::string& word : words) {
    if (contains(known, word)) continue;
    throw data_error(
        fmt::format("the consumer profile cannot be used: Circle has no {} {}", kind, in_quotes(word)),
        profile.file.string(), did_you_mean(word, known));
  }
}

}  // namespace

void require_circle_names(const Profile& profile) {
  std::vector<std::string> operators, types;
  for (const circle::BuiltinOperator code : circle::EnumValuesBuiltinOperator())
    operators.emplace_back(circle::EnumNameBuiltinOperator(code));
  for (const circle::TensorType type : circle::EnumValuesTensorType()) types.push_back(type_name(type));
  require_known(profile, "type", profile.types, types);
  require_known(profile, "operator", profile.operators, operators);
  for (const ProfileRule& rule : profile.rules) {
    require_known(profile, "operator", rule.operators, operators);
    require_known(profile, "operator", rule.except, operators);
    for (const auto* demands : {&rule.where, &rule.require}) {
      for (const ProfileDemand& demand : *demands) {
        require_known(profile, "type", demand.types, types);
        for (const auto& [type, pairs] : demand.qparams) require_known(profile, "type", {type}, types);
      }
    }
  }
}

void check_profile(CheckedModel& model) {
  if (model.profile != nullptr) ProfileCheck(model).run();
}

}  // namespace vernier::core
