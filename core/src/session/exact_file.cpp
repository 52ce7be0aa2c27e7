#include "session/exact_file.h"

namespace vernier::core {

ExactFile::ExactFile(const CapturedGraph& captured, Device& device, const RunControl& control)
    : captured_(captured),
      form_(exact_form(captured.graph())),
      interpreter_(form_.graph, *this, device, control) {
  for (ValueIndex i = 0; i < captured.graph().values.size(); ++i) {
    const GraphValue& value = captured.graph().values[i];
    if (value.kind == ValueKind::kConstant) constants_.emplace(value.name, i);
  }
}

std::vector<Tensor> ExactFile::run(std::span<const Tensor> inputs, std::vector<Tensor>* values) {
  std::vector<Tensor> kept;
  std::vector<Tensor> outputs =
      interpreter_.run(Reading::kExact, inputs, {}, values == nullptr ? nullptr : &kept);
  if (values == nullptr) return outputs;
  values->clear();
  for (ValueIndex real : form_.reals) values->push_back(kept[real]);
  return outputs;
}

ConstantData ExactFile::constant(const GraphValue& value) const {
  return captured_.constant(constants_.at(value.name));
}

Tensor ExactFile::kept_codes(const GraphValue& value) const {
  return captured_.kept_codes(constants_.at(value.name));
}

const QParams& ExactFile::qparams(const GraphNode& site) const {
  return *form_.graph.values[site.outputs[0]].qparams;
}

}  // namespace vernier::core
