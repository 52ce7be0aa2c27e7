#include "interpreter/entry_runner.h"

#include <fmt/format.h>

#include "interpreter/constant_evaluator.h"
#include "vernier/core/error.h"

namespace vernier::core {

// What the tree's parameters and sites hold at the time of a run.
class EntryRunner::TreeData : public GraphData {
 public:
  TreeData(const ModuleTree& tree, KeptCodes* codes) : tree_(tree), codes_(codes) {}

  [[nodiscard]] ConstantData constant(const GraphValue& value) const override {
    const Parameter& parameter = parameter_of(value);
    return {parameter.source, tree_.code_qparams(parameter), nullptr};
  }
  [[nodiscard]] Tensor kept_codes(const GraphValue& value) const override {
    if (codes_ == nullptr) return {};
    const Parameter& parameter = parameter_of(value);
    return codes_->find(value.parameter, parameter.source, *tree_.code_qparams(parameter));
  }
  [[nodiscard]] const QParams& qparams(const GraphNode& node) const override {
    const Site& site = tree_.sites.at(static_cast<size_t>(node.site));
    if (!site.qparams) throw internal_error(fmt::format("site {} has no qparams", site.path));
    return *site.qparams;
  }

 private:
  [[nodiscard]] const Parameter& parameter_of(const GraphValue& value) const {
    return tree_.parameters.at(static_cast<size_t>(value.parameter));
  }

  const ModuleTree& tree_;
  KeptCodes* codes_;
};

EntryRunner::EntryRunner(HostServices& services, ModuleTree& tree, Device& device, const std::string& entry,
                         const std::vector<std::string>& input_names, int module, KeptCodes* codes,
                         const std::vector<std::string>& output_names)
    : services_(services),
      tree_(tree),
      device_(device),
      traces_(services, tree, entry, input_names, module, output_names),
      data_(std::make_unique<TreeData>(tree, codes)) {}

EntryRunner::~EntryRunner() = default;

void EntryRunner::compute_constants(const Graph& graph) {
  for (const GraphValue& value : graph.values) {
    if (value.kind != ValueKind::kConstant) continue;
    Parameter& parameter = tree_.parameters[static_cast<size_t>(value.parameter)];
    if (!parameter.is_bound && !parameter.is_computed()) continue;
    compute_constant(parameter, tree_, device_, services_.control());
  }
}

CompiledGraph EntryRunner::compiled(std::span<const TensorType> types) {
  const std::shared_ptr<const Graph> wanted = traces_.graph(types);
  compute_constants(*wanted);
  return {wanted, compiled_.find(wanted, [&] {
            return std::make_shared<Interpreter>(*wanted, *data_, device_, services_.control());
          })};
}

std::vector<Tensor> EntryRunner::run(Reading reading, std::span<const Tensor> inputs, const Observe& observe,
                                     std::vector<Tensor>* kept) {
  return compiled(types_of(inputs)).interpreter->run(reading, inputs, observe, kept);
}

}  // namespace vernier::core
