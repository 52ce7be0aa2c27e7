#include "interpreter/constant_evaluator.h"

#include <utility>

#include "file/scratch_file.h"
#include "interpreter/interpreter.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// An expression reads no codes and has no sites.
class Operands : public GraphData {
 public:
  explicit Operands(const ModuleTree& tree) : tree_(tree) {}
  [[nodiscard]] ConstantData constant(const GraphValue& value) const override {
    return {tree_.parameters.at(static_cast<size_t>(value.parameter)).source, nullptr, nullptr};
  }
  [[nodiscard]] const QParams& qparams(const GraphNode& node) const override {
    throw internal_error("a constant expression has a site", node.module);
  }

 private:
  const ModuleTree& tree_;
};

}  // namespace

void compute_constant(Parameter& parameter, const ModuleTree& tree, Device& device, const RunControl& control,
                      uint64_t scratch_bytes) {
  if (!parameter.is_computed() || parameter.source.data != nullptr || parameter.source.elements() == 0)
    return;
  const Operands operands(tree);
  Interpreter interpreter(*parameter.expression, operands, device, control);
  Tensor values = interpreter.run(Reading::kFloat, {}).at(0);
  if (values.dtype != parameter.source.dtype || values.shape != parameter.source.shape)
    throw internal_error("constant " + parameter.path + " was traced as another type");
  if (values.bytes() >= scratch_bytes) {
    const auto file = ScratchFile::mapped({values.data, values.bytes()}, "a constant");
    values = {values.dtype, values.shape, file->bytes().data(), file, true};
  }
  parameter.source = std::move(values);
}

}  // namespace vernier::core
