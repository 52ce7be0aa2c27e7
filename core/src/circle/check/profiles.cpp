// What one consumer of the file wants besides the format: its profile, held against each operator.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

#include "circle/check/checked_model.h"
#include "text/contains.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

using Op = circle::BuiltinOperator;

std::string name_of(const ProfileOperand& operand, size_t index) {
  if (operand.is_input) return fmt::format("operand {}", index);
  return index == 0 ? "its result" : fmt::format("its result {}", index);
}

// How the tensor breaks the demand, read after its name; nothing where it does not.
std::optional<std::string> breach(const ProfileDemand& demand, const CheckedTensor& tensor,
                                  const CheckedTensor* type_of, const CheckedTensor* qparams_of) {
  const std::string type = type_name(tensor.type);
  if (demand.is_present == false) return "is there";
  if (demand.is_constant && tensor.has_data != *demand.is_constant)
    return tensor.has_data ? "is a constant" : "is no constant";
  if (demand.is_quantized && tensor.is_quantized() != *demand.is_quantized)
    return fmt::format("is {} {} a scale", type, tensor.is_quantized() ? "with" : "without");
  if (!demand.types.empty() && !contains(demand.types, type))
    return fmt::format("is {}, not {}", type, fmt::join(demand.types, " or "));
  if (type_of != nullptr && type_of->type != tensor.type)
    return fmt::format("is {}, beside {}", type, type_name(type_of->type));
  if (qparams_of != nullptr &&
      (qparams_of->scale != tensor.scale || qparams_of->zero_point != tensor.zero_point))
    return "has other scales or zero points";
  if (demand.has_one_scale && tensor.is_quantized() && (tensor.scale.size() == 1) != *demand.has_one_scale)
    return fmt::format("has {} scales", tensor.scale.size());
  for (int64_t zero_point : tensor.zero_point) {
    if (!demand.zero_points.empty() && std::find(demand.zero_points.begin(), demand.zero_points.end(),
                                                 zero_point) == demand.zero_points.end())
      return fmt::format("has the zero point {}", zero_point);
  }
  if (const auto fixed = demand.qparams.find(type); fixed != demand.qparams.end() && tensor.is_quantized()) {
    const std::pair<float, int64_t> present{tensor.scale[0],
                                            tensor.zero_point.empty() ? INT64_MIN : tensor.zero_point[0]};
    if (tensor.scale.size() > 1 ||
        std::find(fixed->second.begin(), fixed->second.end(), present) == fixed->second.end())
      return fmt::format("has scale {} and zero point {}", present.first, present.second);
  }
  if (tensor.shape.size() < demand.least_rank.value_or(0) ||
      tensor.shape.size() > demand.greatest_rank.value_or(SIZE_MAX))
    return fmt::format("has {} axes", tensor.shape.size());
  return std::nullopt;
}

class ProfileCheck {
 public:
  explicit ProfileCheck(CheckedModel& model) : model_(model), profile_(*model.profile) {}

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
    const std::string name = circle::EnumNameBuiltinOperator(op.code);
    if (!profile_.operators.empty() && !contains(profile_.operators, name))
      tell(true, operator_name(subgraph, i), "there is no such operator");
    for (const ProfileRule* rule : rules_of(op.code, name)) {
      model_.control->check();
      const auto applies = [&](const ProfileDemand& one) { return holds(subgraph, op, one); };
      if (!std::all_of(rule->where.begin(), rule->where.end(), applies)) continue;
      if (rule->require.empty()) tell(rule->is_error, operator_name(subgraph, i), rule->says);
      for (const ProfileDemand& demand : rule->require) require(subgraph, i, *rule, demand);
    }
  }

  // Those about this operator, found once.
  const std::vector<const ProfileRule*>& rules_of(Op code, const std::string& name) {
    const auto [place, is_new] = rules_.try_emplace(code);
    for (size_t i = 0; is_new && i < profile_.rules.size(); ++i) {
      const ProfileRule& rule = profile_.rules[i];
      if ((rule.operators.empty() || contains(rule.operators, name)) && !contains(rule.except, name))
        place->second.push_back(&rule);
    }
    return place->second;
  }

  static const CheckedTensor* tensor_at(const CheckedSubgraph& subgraph, const CheckedOperator& op,
                                        const ProfileOperand& operand, size_t index) {
    return operand.is_input ? subgraph.input(op, index) : subgraph.output(op, index);
  }
  static const CheckedTensor* tensor_at(const CheckedSubgraph& subgraph, const CheckedOperator& op,
                                        const std::optional<ProfileOperand>& operand) {
    return operand ? tensor_at(subgraph, op, *operand, operand->index.value_or(0)) : nullptr;
  }

  static bool holds(const CheckedSubgraph& subgraph, const CheckedOperator& op, const ProfileDemand& demand) {
    const CheckedTensor* tensor = tensor_at(subgraph, op, demand.of, demand.of.index.value_or(0));
    if (tensor == nullptr) return demand.is_present == false;
    return !breach(demand, *tensor, tensor_at(subgraph, op, demand.type_of),
                   tensor_at(subgraph, op, demand.qparams_of));
  }

  void require(const CheckedSubgraph& subgraph, size_t i, const ProfileRule& rule,
               const ProfileDemand& demand) {
    const CheckedOperator& op = subgraph.operators[i];
    const size_t first = demand.of.index.value_or(0);
    const size_t count = demand.of.is_input ? op.inputs.size() : op.outputs.size();
    const size_t end = demand.of.index ? first + 1 : count;
    for (size_t k = first; k < end; ++k) {
      if (k % 1024 == 1023) model_.control->check();
      const CheckedTensor* tensor = tensor_at(subgraph, op, demand.of, k);
      const auto how =
          tensor != nullptr
              ? breach(demand, *tensor, tensor_at(subgraph, op, demand.type_of),
                       tensor_at(subgraph, op, demand.qparams_of))
              : (demand.is_present == true ? std::optional<std::string>("is not there") : std::nullopt);
      if (how)
        tell(rule.is_error, operator_name(subgraph, i),
             fmt::format("{} {}; {}", name_of(demand.of, k), *how, rule.says));
    }
  }

  CheckedModel& model_;
  const Profile& profile_;
  std::map<Op, std::vector<const ProfileRule*>> rules_;
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

void require_known_names(const Profile& profile) {
  std::vector<std::string> operators, types;
  for (const Op code : circle::EnumValuesBuiltinOperator())
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
