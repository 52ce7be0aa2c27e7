#include "dataflow.h"

#include <string>

#include "damaged.h"

namespace circle_executor {

namespace {

// Without elements there is nothing to hold: such a constant has no buffer.
bool is_constant(const Tensor& tensor) { return tensor.constant != nullptr || tensor.elements == 0; }

}  // namespace

void check_dataflow(const Model& model) {
  enum class Origin { kNone, kFile, kMade };
  std::vector<Origin> origins;
  for (const Tensor& tensor : model.tensors)
    origins.push_back(is_constant(tensor) ? Origin::kFile : Origin::kNone);
  const auto make = [&](TensorIndex index, const std::string& where) {
    const auto i = static_cast<size_t>(index);
    if (origins[i] == Origin::kMade || model.tensors[i].constant != nullptr)
      damaged(where + " makes tensor " + model.tensors[i].described() + ", which exists already");
    origins[i] = Origin::kMade;
  };
  const auto use = [&](TensorIndex index, const std::string& where) {
    if (index == kNoTensor || origins[static_cast<size_t>(index)] != Origin::kNone) return;
    damaged(where + " reads tensor " + model.tensors[static_cast<size_t>(index)].described() +
            " before anything makes it");
  };
  for (const TensorIndex input : model.inputs) make(input, "the subgraph's inputs");
  for (const Operator& op : model.operators) {
    for (const TensorIndex input : op.inputs) use(input, op.where);
    for (const TensorIndex output : op.outputs) make(output, op.where);
  }
  for (const TensorIndex output : model.outputs) use(output, "the subgraph's outputs");
}

std::vector<std::vector<TensorIndex>> dead_after(const Model& model) {
  constexpr size_t kNever = static_cast<size_t>(-1);
  std::vector<size_t> last(model.tensors.size(), kNever);
  for (size_t i = 0; i < model.operators.size(); ++i) {
    for (const TensorIndex output : model.operators[i].outputs) last[static_cast<size_t>(output)] = i;
    for (const TensorIndex input : model.operators[i].inputs) {
      if (input != kNoTensor) last[static_cast<size_t>(input)] = i;
    }
  }
  for (const TensorIndex output : model.outputs) last[static_cast<size_t>(output)] = kNever;
  std::vector<std::vector<TensorIndex>> dead(model.operators.size());
  for (size_t tensor = 0; tensor < last.size(); ++tensor) {
    if (last[tensor] != kNever) dead[last[tensor]].push_back(static_cast<TensorIndex>(tensor));
  }
  return dead;
}

}  // namespace circle_executor
