#include "profile/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "text/contains.h"

namespace vernier::core {

namespace {

std::string name_of(const ProfileOperand& operand, size_t index) {
  if (operand.is_input) return fmt::format("operand {}", index);
  return index == 0 ? "its result" : fmt::format("its result {}", index);
}

std::optional<RuleTensor> operand_at(const RuleOperands& operands, const std::optional<ProfileOperand>& of) {
  return of ? operands.at(of->is_input, of->index.value_or(0)) : std::nullopt;
}

// How its scales and zero points break the demand, read after its name; nothing where they do not.
std::optional<std::string> breach_of_qparams(const ProfileDemand& demand, const RuleTensor& tensor,
                                             const RuleOperands& operands) {
  const auto qparams_of = operand_at(operands, demand.qparams_of);
  if (qparams_of && !(std::ranges::equal(qparams_of->scale, tensor.scale) &&
                      std::ranges::equal(qparams_of->zero_point, tensor.zero_point)))
    return "has other scales or zero points";
  if (demand.has_one_scale && !tensor.scale.empty() && (tensor.scale.size() == 1) != *demand.has_one_scale)
    return fmt::format("has {} scales", tensor.scale.size());
  for (int64_t zero_point : tensor.zero_point) {
    if (!demand.zero_points.empty() && std::find(demand.zero_points.begin(), demand.zero_points.end(),
                                                 zero_point) == demand.zero_points.end())
      return fmt::format("has the zero point {}", zero_point);
  }
  const auto fixed = demand.qparams.find(tensor.type);
  if (fixed == demand.qparams.end() || tensor.scale.empty()) return std::nullopt;
  const std::pair<float, int64_t> present{tensor.scale[0],
                                          tensor.zero_point.empty() ? INT64_MIN : tensor.zero_point[0]};
  if (tensor.scale.size() > 1 ||
      std::find(fixed->second.begin(), fixed->second.end(), present) == fixed->second.end())
    return fmt::format("has scale {} and zero point {}", present.first, present.second);
  return std::nullopt;
}

// `unknown`: what a type or a rank that the file does not tell is taken for.
std::optional<std::string> breach(const ProfileDemand& demand, const RuleTensor& tensor,
                                  const RuleOperands& operands, const std::optional<std::string>& unknown) {
  if (demand.is_present == false) return "is there";
  if (demand.is_constant && tensor.is_constant != *demand.is_constant)
    return tensor.is_constant ? "is a constant" : "is no constant";
  if (demand.is_quantized && tensor.scale.empty() == *demand.is_quantized)
    return fmt::format("is {} {} a scale", tensor.type, tensor.scale.empty() ? "without" : "with");
  if (!demand.types.empty() && tensor.type.empty()) return unknown;
  if (!demand.types.empty() && !contains(demand.types, tensor.type))
    return fmt::format("is {}, not {}", tensor.type, fmt::join(demand.types, " or "));
  if (const auto other = operand_at(operands, demand.type_of)) {
    if (other->type.empty() || tensor.type.empty()) return unknown;
    if (other->type != tensor.type) return fmt::format("is {}, beside {}", tensor.type, other->type);
  }
  if (auto how = breach_of_qparams(demand, tensor, operands)) return how;
  if (!demand.least_rank && !demand.greatest_rank) return std::nullopt;
  if (!tensor.rank) return unknown;
  if (*tensor.rank < demand.least_rank.value_or(0) || *tensor.rank > demand.greatest_rank.value_or(SIZE_MAX))
    return fmt::format("has {} axes", *tensor.rank);
  return std::nullopt;
}

bool holds(const ProfileDemand& demand, const RuleOperands& operands) {
  const auto tensor = operand_at(operands, demand.of);
  if (!tensor) return demand.is_present == false;
  return !breach(demand, *tensor, operands, "is not known");
}

}  // namespace

void ProfileRules::hold(const std::string& op, const RuleOperands& operands, const RunControl& control,
                        const Tell& tell) {
  if (!profile_.operators.empty() && !contains(profile_.operators, op))
    tell(true, "there is no such operator");
  for (const ProfileRule* rule : rules_of(op)) {
    control.check();
    const auto applies = [&](const ProfileDemand& one) { return holds(one, operands); };
    if (!std::all_of(rule->where.begin(), rule->where.end(), applies)) continue;
    if (rule->require.empty()) tell(rule->is_error, rule->says);
    for (const ProfileDemand& demand : rule->require) require(*rule, demand, operands, control, tell);
  }
}

const std::vector<const ProfileRule*>& ProfileRules::rules_of(const std::string& op) {
  const auto [place, is_new] = rules_.try_emplace(op);
  for (size_t i = 0; is_new && i < profile_.rules.size(); ++i) {
    const ProfileRule& rule = profile_.rules[i];
    if ((rule.operators.empty() || contains(rule.operators, op)) && !contains(rule.except, op))
      place->second.push_back(&rule);
  }
  return place->second;
}

void ProfileRules::require(const ProfileRule& rule, const ProfileDemand& demand, const RuleOperands& operands,
                           const RunControl& control, const Tell& tell) const {
  const size_t first = demand.of.index.value_or(0);
  const size_t end = demand.of.index ? first + 1 : operands.count(demand.of.is_input);
  for (size_t k = first; k < end; ++k) {
    if (k % 1024 == 1023) control.check();
    const auto tensor = operands.at(demand.of.is_input, k);
    const auto how =
        tensor ? breach(demand, *tensor, operands, std::nullopt)
               : (demand.is_present == true ? std::optional<std::string>("is not there") : std::nullopt);
    if (how) tell(rule.is_error, fmt::format("{} {}; {}", name_of(demand.of, k), *how, rule.says));
  }
}

}  // namespace vernier::core
