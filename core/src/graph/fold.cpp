#include "graph/fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <unordered_set>
#include <utility>

#include "graph/bias.h"
#include "graph/validate.h"
#include "graph/value_uses.h"
#include "graph/views.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

void check_recorded(const Graph& recorded) {
  validate_structure(recorded, ErrorKind::kInternal);
  for (size_t i = 0; i < recorded.nodes.size(); ++i) {
    const GraphNode& node = recorded.nodes[i];
    if (!is_fake_quantize(node)) continue;
    if (node.inputs.size() != 1 || node.inputs[0] == kNoValue || node.outputs.size() != 1) {
      throw internal_error(describe_node(recorded, i) + " must have one input and one output", recorded.name);
    }
    if (is_plain_integer(recorded.values[node.inputs[0]])) {
      throw internal_error(describe_node(recorded, i) + " reads integers", recorded.name);
    }
  }
}

class Folder {
 public:
  explicit Folder(const Graph& recorded)
      : old_(drop_identities(recorded)),
        grids_(grids(old_)),
        uses_(value_uses(old_, grids_)),
        folded_(old_.values.size(), kNoValue) {
    for (const GraphNode& node : old_.nodes) {
      if (is_fake_quantize(node)) continue;
      for (ValueIndex output : node.outputs) names_.insert(old_.values[output].name);
    }
    for (const GraphValue& value : old_.values) {
      if (value.kind != ValueKind::kIntermediate) names_.insert(value.name);
    }
  }

  Folded run() {
    result_.graph.name = old_.name;
    result_.graph.attributes = old_.attributes;
    result_.graph.output_names = old_.output_names;
    for (ValueIndex input : old_.inputs) result_.graph.inputs.push_back(given(input));
    for (const GraphNode& node : old_.nodes) {
      if (is_fake_quantize(node)) {
        fold_fake_quantize(node);
      } else if (is_view(node)) {
        fold_view(node);
      } else {
        fold_op(node);
      }
    }
    for (ValueIndex output : old_.outputs) result_.graph.outputs.push_back(form(output));
    validate(result_.graph, ErrorKind::kInternal);
    return std::move(result_);
  }

 private:
  using Qparams = std::optional<QParams>;

  ValueIndex add(GraphValue value, ValueIndex origin) {
    result_.graph.values.push_back(std::move(value));
    result_.origin.push_back(origin);
    return static_cast<ValueIndex>(result_.graph.values.size() - 1);
  }

  [[nodiscard]] const Qparams& qparams(ValueIndex index) const { return result_.graph.values[index].qparams; }

  // A recorded value with these qparams, or float without.
  ValueIndex add_recorded(ValueIndex old, const Qparams& qparams) {
    GraphValue value = old_.values[old];
    value.qparams = qparams;
    if (qparams) value.dtype = qparams->dtype;
    if (value.kind == ValueKind::kConstant) value.constant_bytes = value_bytes(value);
    return folded_[old] = add(std::move(value), old);
  }

  // A graph input or a constant.
  ValueIndex given(ValueIndex old) {
    if (grids_[old]) return add_recorded(old, grids_[old]);
    const Qparams planned = is_plain_integer(old_.values[old]) ? std::nullopt : uses_[old].planned();
    const ValueIndex index = add_recorded(old, planned);
    if (planned && old_.values[old].kind == ValueKind::kConstant) result_.to_code.push_back(index);
    return index;
  }

  // What a recorded value has become. Constants come in with their first reader.
  ValueIndex form(ValueIndex old) {
    if (old == kNoValue) return kNoValue;
    return folded_[old] == kNoValue ? given(old) : folded_[old];
  }

  std::string unique(const std::string& name) {
    std::string result = name;
    for (int i = 2; !names_.insert(result).second; ++i) result = fmt::format("{}#{}", name, i);
    return result;
  }

  ValueIndex convert(const char* op, ValueIndex from, const Qparams& to, const std::string& name,
                     const std::string& module) {
    GraphValue value;
    value.name = unique(name);
    value.shape = result_.graph.values[from].shape;
    value.extents = result_.graph.values[from].extents;
    value.dtype = to ? to->dtype : kFloat32;
    value.qparams = to;
    const ValueIndex index = add(std::move(value), kNoValue);
    result_.graph.nodes.push_back({op, 1, module, {from}, {index}, {}});
    return index;
  }

  // `from` with the qparams `to`; the same conversion is made once.
  ValueIndex as_codes(ValueIndex from, const QParams& to, const std::string& name,
                      const std::string& module) {
    if (qparams(from) && *qparams(from) == to) return from;
    auto& made = codes_[from];
    const auto same =
        std::find_if(made.begin(), made.end(), [&](ValueIndex each) { return *qparams(each) == to; });
    if (same != made.end()) return *same;
    made.push_back(convert(qparams(from) ? "requantize" : "quantize", from, to, name, module));
    return made.back();
  }

  ValueIndex as_float(ValueIndex from, const std::string& module) {
    if (from == kNoValue || !qparams(from)) return from;
    const auto [place, is_new] = floats_.try_emplace(from, kNoValue);
    if (is_new)
      place->second =
          convert("dequantize", from, std::nullopt, result_.graph.values[from].name + ".float", module);
    return place->second;
  }

  void emit(const GraphNode& old, std::vector<ValueIndex> inputs, const std::vector<Qparams>& outputs) {
    GraphNode node = old;
    node.inputs = std::move(inputs);
    for (size_t i = 0; i < old.outputs.size(); ++i)
      node.outputs[i] = add_recorded(old.outputs[i], outputs[i]);
    result_.graph.nodes.push_back(std::move(node));
  }

  void emit_float(const GraphNode& old) {
    std::vector<ValueIndex> inputs;
    for (ValueIndex input : old.inputs) inputs.push_back(as_float(form(input), old.module));
    emit(old, std::move(inputs), std::vector<Qparams>(old.outputs.size()));
  }

  void fold_fake_quantize(const GraphNode& node) {
    const ValueIndex output = node.outputs[0];
    const auto site = node.attributes.find("site");
    const auto* path = site == node.attributes.end() ? nullptr : std::get_if<std::string>(&site->second);
    folded_[output] =
        as_codes(form(node.inputs[0]), *grids_[output], path ? *path : old_.values[output].name, node.module);
  }

  void fold_view(const GraphNode& node) {
    std::vector<ValueIndex> inputs;
    std::vector<QParams> quantized;
    for (ValueIndex input : node.inputs) {
      inputs.push_back(form(input));
      if (qparams(inputs.back())) quantized.push_back(*qparams(inputs.back()));
    }
    const ValueUse& use = uses_[node.outputs[0]];
    const bool is_codes = std::ranges::all_of(
        node.outputs, [&](ValueIndex each) { return grids_[each] || !uses_[each].as_float; });
    Qparams output =
        is_codes && quantized.size() == inputs.size() ? carry(old_, node, quantized) : std::nullopt;
    // Some input is quantized and the result is wanted so: converting the others is exact, going through
    // float is not cheaper.
    if (!output && node.op == "concat" && !quantized.empty() && use.planned()) {
      if (const Qparams needed = carry_back(old_, node, *use.planned())) {
        output = use.planned();
        for (ValueIndex& input : inputs) {
          const std::string name = result_.graph.values[input].name + ".codes";
          input = as_codes(input, *needed, name, node.module);
        }
      }
    }
    if (output) {
      emit(node, std::move(inputs), std::vector<Qparams>(node.outputs.size(), output));
    } else {
      emit_float(node);
    }
  }

  // A float bias that bias.h will code by the scales of input and weight.
  [[nodiscard]] bool is_codable_bias(const GraphNode& node, size_t position) const {
    if (position != 2 || !is_product_with_bias(node)) return false;
    const ValueIndex bias = node.inputs[2];
    const bool is_float =
        old_.values[bias].kind == ValueKind::kConstant && !grids_[bias] && !uses_[bias].planned();
    return is_float && grids_[node.inputs[0]] && grids_[node.inputs[1]] &&
           bias_dtype(node, *grids_[node.inputs[0]], *grids_[node.inputs[1]]).is_set();
  }

  [[nodiscard]] bool works_on_codes(const GraphNode& node) const {
    bool any = false;
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const ValueIndex input = node.inputs[i];
      if (input == kNoValue || is_plain_integer(old_.values[input]) || is_codable_bias(node, i)) continue;
      if (!grids_[input]) return false;
      any = true;
    }
    return any && std::all_of(node.outputs.begin(), node.outputs.end(), [&](ValueIndex output) {
             return is_plain_integer(old_.values[output]) || uses_[output].planned();
           });
  }

  void fold_op(const GraphNode& node) {
    if (!works_on_codes(node)) return emit_float(node);
    std::vector<ValueIndex> inputs;
    for (ValueIndex input : node.inputs) inputs.push_back(form(input));
    std::vector<Qparams> outputs;
    for (ValueIndex output : node.outputs)
      outputs.push_back(is_plain_integer(old_.values[output]) ? std::nullopt : uses_[output].planned());
    emit(node, std::move(inputs), outputs);
  }

  const Graph old_;
  const std::vector<Qparams> grids_;
  const std::vector<ValueUse> uses_;
  std::vector<ValueIndex> folded_;                       // by recorded value
  std::map<ValueIndex, std::vector<ValueIndex>> codes_;  // made by quantize and requantize, by what they read
  std::map<ValueIndex, ValueIndex> floats_;              // made by dequantize, likewise
  std::unordered_set<std::string> names_;
  Folded result_;
};

}  // namespace

Folded fold(const Graph& recorded) {
  check_recorded(recorded);
  return Folder(recorded).run();
}

}  // namespace vernier::core
