#include "session/declared_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "module/tree_builder.h"
#include "plugin/plugin_hub.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "trace/replay.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Says yes to whatever a wrapper asks for, and remembers what that was.
class Declarations final : public ParameterSource {
 public:
  struct Asked {
    std::set<std::string> parameters, optional, scalars;
  };

  Declarations(const SmokeCase& one, Asked& asked) : case_(one), asked_(asked) {}

  [[nodiscard]] bool contains(std::string_view name) const override {
    asked_.optional.emplace(name);
    return std::find(case_.without.begin(), case_.without.end(), name) == case_.without.end();
  }

  [[nodiscard]] Tensor parameter(std::string_view name, const Shape& wanted) const override {
    asked_.parameters.emplace(name);
    const auto row = case_.tensors->find(std::string(name));
    const bool is_given = row != case_.tensors->end() && row->contains("shape");
    const Shape shape = is_given ? row->at("shape").get<Shape>() : wanted;
    for (size_t axis = 0; axis < shape.size(); ++axis) {
      if (shape[axis] >= 0) continue;
      throw plugin_error(
          fmt::format("nothing fixes extent {} of the tensor {}, which is declared as {}", axis, name,
                      to_string(wanted)),
          std::string(name),
          fmt::format("give the case's config the key that says it, or \"tensors\": {{\"{}\": {{\"shape\": "
                      "[…]}}}}",
                      name));
    }
    return {kFloat32, shape, nullptr, nullptr};  // nobody looks at its elements
  }

  [[nodiscard]] Tensor scalar(std::string_view name) const override {
    asked_.scalars.emplace(name);
    const auto number = case_.numbers->find(std::string(name));
    if (number == case_.numbers->end())
      throw plugin_error(fmt::format("the wrapper reads the number {}, which the case does not give", name),
                         std::string(name), fmt::format("\"numbers\": {{\"{}\": 1}}", name));
    Tensor tensor = Tensor::allocate(kFloat32, {});
    *tensor.mutable_as<float>() = number->get<float>();
    return tensor;
  }

 private:
  const SmokeCase& case_;
  Asked& asked_;
};

void require_asked(const std::string& name, const char* key, const std::set<std::string>& asked) {
  if (asked.count(name) != 0) return;
  const std::vector<std::string> known(asked.begin(), asked.end());
  throw plugin_error(fmt::format("\"{}\": no module asks for {}", key, in_quotes(name)), {},
                     did_you_mean(name, known));
}

// A row that nothing answers to tests less than its author thinks.
void require_all_asked(const SmokeCase& one, const Declarations::Asked& asked) {
  for (const auto& [name, row] : one.tensors->items()) require_asked(name, "tensors", asked.parameters);
  for (const auto& [name, number] : one.numbers->items()) require_asked(name, "numbers", asked.scalars);
  for (const std::string& name : one.without) require_asked(name, "without", asked.optional);
}

int64_t inputs_of(const Shape& shape) {
  return shape.size() < 2 ? 1 : element_count(Shape(shape.begin() + 1, shape.end()));
}

// One tensor may be several parameters: parts of a fused one, tied weights.
void add_tensor(std::vector<DeclaredTensor>& tensors, const Parameter& parameter, bool is_bias,
                int64_t inputs) {
  const Shape& shape = parameter.part ? parameter.part->whole : parameter.source.shape;
  const auto known = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const DeclaredTensor& one) { return one.name == parameter.tensor; });
  if (known == tensors.end())
    return tensors.push_back({parameter.tensor, shape, is_bias, inputs, std::nullopt});
  if (known->shape.size() != shape.size())
    throw plugin_error(fmt::format("tensor {} is declared as {} and as {}", parameter.tensor,
                                   to_string(known->shape), to_string(shape)),
                       parameter.path);
  for (size_t i = 0; i < shape.size(); ++i) known->shape[i] = std::max(known->shape[i], shape[i]);
}

std::vector<DeclaredTensor> listed(const ModuleTree& tree, const SmokeCase& one) {
  std::vector<DeclaredTensor> tensors;
  std::map<std::string, int64_t> inputs;  // of the last weight, by module
  for (const Parameter& parameter : tree.parameters) {
    if (parameter.is_filled) continue;
    const size_t dot = parameter.path.size() - std::min(parameter.path.size(), parameter.name.size() + 1);
    int64_t& of_module = inputs.try_emplace(parameter.path.substr(0, dot), 1).first->second;
    const Shape& shape = parameter.source.shape;
    if (!parameter.is_bias && shape.size() > 1) of_module = inputs_of(shape);
    add_tensor(tensors, parameter, parameter.is_bias, parameter.is_bias ? of_module : inputs_of(shape));
  }
  for (const std::string& name : tree.scalars)
    tensors.push_back({name, {}, false, 1, one.numbers->at(name).get<double>()});
  return tensors;
}

}  // namespace

std::vector<DeclaredTensor> declared_tensors(const Catalog& catalog, ThreadPool& pool,
                                             const std::string& type, const SmokeCase& one,
                                             const RunControl& control, std::optional<TrialCalls> tried,
                                             CallRecorder* recorder) {
  HostServices services(pool, control);
  PluginHub hub(services, catalog);
  std::optional<Replay> replay;
  if (tried) replay.emplace(services, std::move(tried->calls), std::move(tried->tables), tried->table_bytes);
  Declarations::Asked asked;
  const Declarations declarations(one, asked);
  const auto find = [&](const std::string& wanted, const std::string& path) {
    if (!replay) return hub.wrapper(wanted, path);
    return hub.wrapper_elsewhere(wanted, path, Replay::table(), replay->host());
  };
  TreeBuilder builder(services, declarations, find, recorder);
  const auto tree = builder.build("", type, one.config);
  if (!replay) require_all_asked(one, asked);  // else known where the wrappers ran
  return listed(*tree, one);
}

}  // namespace vernier::core
