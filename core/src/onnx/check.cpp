#include "onnx/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "onnx/model.h"
#include "onnx/value_types.h"
#include "profile/rules.h"
#include "text/contains.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

std::string node_name(const OnnxModel& model, size_t index) {
  const OnnxNode& node = model.nodes[index];
  return fmt::format("operator {} ({}{}{})", index, one_line(node.op), node.name.empty() ? "" : " ",
                     one_line(node.name));
}

const OnnxValue* value_of(const OnnxModel& model, const OnnxNode& node, size_t input) {
  if (input >= node.inputs.size()) return nullptr;
  const auto found = model.values.find(node.inputs[input]);
  return found == model.values.end() ? nullptr : &found->second;
}

class OnnxCheck {
 public:
  OnnxCheck(const OnnxModel& model, size_t bytes, const RunControl& control, Findings& found)
      : model_(model), bytes_(bytes), control_(control), found_(found) {}

  void hold_to_format() {
    if (!model_.has_graph) return found_.error("names", "the file", "has no graph");
    if (model_.opsets.empty()) found_.error("opset", "the file", "names no operator set");
    std::set<std::string> made(model_.inputs.begin(), model_.inputs.end());
    made.insert(model_.constants.begin(), model_.constants.end());
    for (size_t i = 0; i < model_.nodes.size(); ++i) {
      control_.check();
      check_node(i, made);
    }
    for (const std::string& name : model_.outputs) {
      if (made.count(name) == 0)
        found_.error("names", "the graph's outputs", fmt::format("nothing makes {}", in_quotes(name)));
    }
  }

  void hold_to_profile(const Profile& profile) {
    rule_ = "profile-" + profile.name;
    if (!contains(profile.formats, std::string("onnx")))
      tell(true, "the file", fmt::format("is onnx; {} is wanted", fmt::join(profile.formats, " or ")));
    check_limits(profile.limits);
    check_types(profile);
    ProfileRules rules(profile);
    for (size_t i = 0; i < model_.nodes.size(); ++i) {
      control_.check();
      if (model_.has_functions && !model_.nodes[i].domain.empty()) continue;  // may be the file's own
      rules.hold(model_.nodes[i].op, Operands(model_, model_.nodes[i]), control_,
                 [&](bool is_error, const std::string& what) { tell(is_error, node_name(model_, i), what); });
    }
  }

 private:
  class Operands : public RuleOperands {
   public:
    Operands(const OnnxModel& model, const OnnxNode& node) : model_(model), node_(node) {}
    [[nodiscard]] size_t count(bool is_input) const override { return names(is_input).size(); }
    [[nodiscard]] std::optional<RuleTensor> at(bool is_input, size_t index) const override {
      if (index >= count(is_input) || names(is_input)[index].empty()) return std::nullopt;
      const auto found = model_.values.find(names(is_input)[index]);
      if (found == model_.values.end()) return RuleTensor{};
      const OnnxValue& value = found->second;
      return RuleTensor{
          value.type == 0 ? "" : onnx_type_name(value.type), value.is_constant, {}, {}, value.rank};
    }

   private:
    [[nodiscard]] const std::vector<std::string>& names(bool is_input) const {
      return is_input ? node_.inputs : node_.outputs;
    }
    const OnnxModel& model_;
    const OnnxNode& node_;
  };

  void tell(bool is_error, const std::string& where, const std::string& what) {
    if (is_error)
      found_.error(rule_, where, what);
    else
      found_.warning(rule_, where, what);
  }

  void check_node(size_t index, std::set<std::string>& made) {
    const OnnxNode& node = model_.nodes[index];
    if (node.op.empty()) found_.error("names", node_name(model_, index), "has no operator");
    if (model_.opsets.count(node.domain) == 0)
      found_.error("opset", node_name(model_, index),
                   fmt::format("the file names no operator set {}", in_quotes(node.domain)));
    if (node.has_graph)
      found_.warning("names", node_name(model_, index), "has a graph of its own, which is not looked at");
    for (const std::string& input : node.inputs) {
      if (!input.empty() && made.count(input) == 0)
        found_.error("names", node_name(model_, index),
                     fmt::format("nothing before it makes {}", in_quotes(input)));
    }
    for (const std::string& output : node.outputs) {
      if (!output.empty() && !made.insert(output).second)
        found_.error("names", node_name(model_, index), fmt::format("{} is made twice", in_quotes(output)));
    }
    if (node.op == "QuantizeLinear" || node.op == "DequantizeLinear") check_quantization(index);
  }

  void check_quantization(size_t index) {
    const OnnxNode& node = model_.nodes[index];
    const auto wrong = [&](const std::string& what) {
      found_.error("quantization", node_name(model_, index), what);
    };
    if (node.inputs.size() < 2 || node.inputs.size() > 3)
      return wrong(fmt::format("has {} operands; they are x, scale and zero point", node.inputs.size()));
    const OnnxValue* scale = value_of(model_, node, 1);
    const OnnxValue* zero_point = value_of(model_, node, 2);
    if (scale != nullptr) {
      const auto is_bad = [](float one) { return !std::isfinite(one) || one <= 0; };
      const auto bad = std::find_if(scale->scale.begin(), scale->scale.end(), is_bad);
      if (bad != scale->scale.end()) wrong(fmt::format("has the scale {}", *bad));
    }
    if (scale != nullptr && zero_point != nullptr && scale->rank && zero_point->rank &&
        *scale->rank != *zero_point->rank)
      wrong(fmt::format("its scale has {} axes, its zero point {}", *scale->rank, *zero_point->rank));
    const OnnxValue* coded = node.op == "DequantizeLinear" ? value_of(model_, node, 0) : nullptr;
    if (coded != nullptr && zero_point != nullptr && coded->type != 0 && zero_point->type != 0 &&
        coded->type != zero_point->type)
      wrong(fmt::format("takes codes of {} and a zero point of {}", onnx_type_name(coded->type),
                        onnx_type_name(zero_point->type)));
  }

  void check_limits(const ProfileLimits& limits) {
    if (limits.file_bytes && bytes_ > *limits.file_bytes)
      tell(true, "the file", fmt::format("has {} bytes; at most {} are loaded", bytes_, *limits.file_bytes));
    if (limits.ir_version && model_.ir_version > *limits.ir_version)
      tell(true, "the file",
           fmt::format("has IR version {}; at most {} is loaded", model_.ir_version, *limits.ir_version));
    const auto opset = model_.opsets.find("");
    if (opset != model_.opsets.end() && (opset->second < limits.least_opset.value_or(0) ||
                                         opset->second > limits.greatest_opset.value_or(INT64_MAX)))
      tell(true, "the file",
           fmt::format("is of operator set {}; the consumer promises {} to {}", opset->second,
                       limits.least_opset.value_or(1),
                       limits.greatest_opset ? std::to_string(*limits.greatest_opset) : "any"));
    if (limits.external_buffers == false && model_.has_external_data)
      tell(true, "the file", "has constants in a file beside it, which are not found there");
  }

  void check_types(const Profile& profile) {
    for (auto value = model_.values.begin(); value != model_.values.end() && !profile.types.empty();
         ++value) {
      control_.check();
      if (value->second.type != 0 && !contains(profile.types, onnx_type_name(value->second.type)))
        tell(true, in_quotes(one_line(value->first)),
             onnx_type_name(value->second.type) + " is a type that is not loaded");
    }
  }

  const OnnxModel& model_;
  size_t bytes_;
  const RunControl& control_;
  Findings& found_;
  std::string rule_;
};

void require_types(const Profile& profile, const std::vector<std::string>& types) {
  std::vector<std::string> known;
  for (int32_t type = 1; onnx_type(onnx_type_name(type)) == type; ++type)
    known.push_back(onnx_type_name(type));
  for (const std::string& type : types) {
    if (!contains(known, type))
      throw data_error(
          fmt::format("the consumer profile cannot be used: ONNX has no type {}", in_quotes(type)),
          profile.file.string(), did_you_mean(type, known));
  }
}

}  // namespace

void check_onnx(std::span<const std::byte> bytes, const Profile* profile, const RunControl& control,
                Findings& found) {
  OnnxModel model;
  try {
    model = read_onnx_model(bytes, "the file");
  } catch (const Error& error) {
    return found.error("onnx", "the file", error.diagnostics().front().what);
  }
  infer_types(model, control);
  OnnxCheck check(model, bytes.size(), control, found);
  check.hold_to_format();
  if (profile != nullptr) check.hold_to_profile(*profile);
}

void require_onnx_names(const Profile& profile) {
  require_types(profile, profile.types);
  for (const ProfileRule& rule : profile.rules) {
    for (const auto* demands : {&rule.where, &rule.require}) {
      for (const ProfileDemand& demand : *demands) {
        require_types(profile, demand.types);
        if (demand.is_quantized || demand.qparams_of || demand.has_one_scale || !demand.zero_points.empty() ||
            !demand.qparams.empty())
          throw data_error(
              fmt::format("the consumer profile cannot be used: the rule {} asks for scales or zero points, "
                          "which a tensor of ONNX has not",
                          in_quotes(rule.says)),
              profile.file.string(),
              "they are operands 1 and 2 of QuantizeLinear and DequantizeLinear; make the rule about those");
      }
    }
  }
}

}  // namespace vernier::core
