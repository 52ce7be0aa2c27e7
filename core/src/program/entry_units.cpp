#include "program/entry_units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "plugin/entry_names.h"
#include "program/document.h"
#include "text/nearest.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// Paths of units begin below the tree's root.
int module_of(const ModuleTree& tree, const ProgramUnit& unit, const DocumentPlace& place) {
  const std::string& root = tree.root().path;
  const std::string wanted =
      root.empty() || unit.module.empty() ? root + unit.module : root + "." + unit.module;
  std::vector<std::string> paths;
  for (size_t i = 0; i < tree.modules.size(); ++i) {
    if (tree.modules[i].path == wanted) return static_cast<int>(i);
    if (i > 0) paths.push_back(tree.modules[i].path.substr(root.empty() ? 0 : root.size() + 1));
  }
  place.at("module").refuse(fmt::format("the model has no module {}", unit.module),
                            did_you_mean(unit.module, paths));
}

void require_names(const std::vector<std::string>& ours, const std::vector<std::string>& theirs,
                   const Module& module, const DocumentPlace& place) {
  if (fit_names(theirs, ours)) return;
  place.refuse(
      fmt::format("it names {}; the entry of {} has {}, in this order", fmt::join(ours, ", "), module.type,
                  fmt::join(theirs, ", ")),
      has_repeated(theirs) ? "a name with * stands for several that begin so, in natural order" : "");
}

const EntryInfo& entry_of(const Module& module, const ProgramUnit& unit, const DocumentPlace& place) {
  const EntryInfo* entry = module.info == nullptr ? nullptr : module.info->entry(unit.entry);
  if (entry == nullptr) {
    std::vector<std::string> names;
    if (module.info != nullptr) {
      for (const EntryInfo& one : module.info->entries) names.push_back(one.name);
    }
    place.at("entry").refuse(fmt::format("{}, the module {}, has no entry {}", module.type,
                                         module.path.empty() ? "at the root" : module.path, unit.entry),
                             fmt::format("its entries: {}", fmt::join(names, ", ")));
  }
  require_names(unit.inputs, entry->inputs, module, place.at("inputs"));
  // Without names in the manifest the program's own count them.
  if (!entry->outputs.empty()) require_names(unit.outputs, entry->outputs, module, place.at("outputs"));
  return *entry;
}

// Units with one of these share what runs them.
std::string call_of(const ProgramUnit& unit) {
  return fmt::format("{}({}) -> {}", unit.entry, fmt::join(unit.inputs, ", "), fmt::join(unit.outputs, ", "));
}

int parameter_of(ModuleTree& tree, const ProgramTable& table, const DocumentPlace& place) {
  const int found = tree.index.place(tree.parameters, table.parameter);
  if (found < 0) {
    std::vector<std::string> paths;
    for (const Parameter& one : tree.parameters) paths.push_back(one.path);
    place.at("parameter")
        .refuse(fmt::format("the model has no parameter {}", table.parameter),
                did_you_mean(table.parameter, paths));
  }
  const Shape& shape = tree.parameters[static_cast<size_t>(found)].source.shape;
  if (shape != Shape{table.rows, table.columns})
    place.at("shape").refuse(fmt::format("{} is {}", table.parameter, to_string(shape)));
  return found;
}

}  // namespace

EntryUnits::EntryUnits(const Program& program, HostServices& services, ModuleTree& tree, Device& device,
                       Reading reading, KeptCodes* codes, Runners* runners)
    : program_(program), tree_(tree), device_(device), reading_(reading) {
  Runners own;
  Runners& made = runners == nullptr ? own : *runners;
  for (size_t i = 0; i < program.units.size(); ++i) {
    const ProgramUnit& unit = program.units[i];
    const DocumentPlace place = DocumentPlace{program.source, "/units"}.at(i);
    const int module = module_of(tree, unit, place);
    const EntryInfo& entry = entry_of(tree.modules[static_cast<size_t>(module)], unit, place);
    std::shared_ptr<EntryRunner>& runner = made[{module, call_of(unit)}];
    if (runner == nullptr)
      runner = std::make_shared<EntryRunner>(services, tree, device, entry.name, unit.inputs, module, codes,
                                             unit.outputs);
    entries_.push_back(runner);
  }
  for (const ProgramTable& table : program.tables)
    tables_.push_back(parameter_of(tree, table, DocumentPlace{program.source, "/tables"}.at(table.name)));
}

std::vector<Tensor> EntryUnits::run(size_t unit, std::span<const Tensor> inputs) {
  EntryRunner& entry = *entries_.at(unit);
  if (!observe_) return entry.run(reading_, inputs);
  return entry.run(reading_, inputs, [&](int site, const Tensor& x) { observe_(unit, site, x); });
}

Tensor EntryUnits::look_up(size_t table, const Tensor& rows) {
  const ProgramTable& which = program_.tables.at(table);
  const Parameter& parameter = tree_.parameters[static_cast<size_t>(tables_.at(table))];
  const QParams* qparams = reading_ == Reading::kFloat ? nullptr : tree_.code_qparams(parameter);
  Tensor values = device_.gather(parameter.source, qparams, rows, kFloat32, which.parameter);
  Tensor result = Tensor::allocate(kFloat32, {rows.elements(), which.columns});
  std::transform(
      values.as<float>(), values.as<float>() + values.elements(), result.mutable_as<float>(),
      [&](float value) { return static_cast<float>(static_cast<double>(value) * which.multiplier); });
  return result;
}

}  // namespace vernier::core
