#include "recipe/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "plugin/entry_names.h"
#include "plugin/version_constraint.h"
#include "recipe/json_schema.h"
#include "recipe/recipe_source.h"
#include "text/json_pointer.h"
#include "text/nearest.h"
#include "vernier/core/error.h"

namespace vernier::core {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class Checker {
 public:
  Checker(const Recipe& recipe, const Catalog& catalog)
      : recipe_(recipe), catalog_(catalog), findings_(*recipe.source) {}

  void run() {
    check_checkpoint();
    for (size_t i = 0; i < recipe_.plugins.search.size(); ++i)
      check_folder(recipe_.plugins.search[i], append_pointer("/plugins/search", i), "the plugin folder");
    for (size_t i = 0; i < recipe_.plugins.require.size(); ++i) check_requirement(i);
    check_type();
    for (const RecipeUnit& unit : recipe_.units) check_unit(unit);
    if (!recipe_.quantization.from.empty()) check_file(recipe_.quantization.from, "/quantization/from");
    check_patch(recipe_.quantization.activation, "/quantization/activation", {});
    check_patch(recipe_.quantization.weight, "/quantization/weight", {});
    check_rules();
    for (size_t i = 0; i < recipe_.exports.size(); ++i) check_export(i);
    findings_.throw_if_any();
  }

 private:
  void check_folder(const fs::path& path, const std::string& pointer, const char* noun) {
    std::error_code error;
    if (fs::is_directory(path, error)) return;
    const char* what = fs::exists(path, error) ? "is not a folder" : "does not exist";
    findings_.add(pointer, fmt::format("{} {} {}", noun, path.string(), what),
                  "paths are relative to the recipe");
  }

  // A folder, or one of several .safetensors files of a folder.
  void check_checkpoint() {
    const fs::path& path = recipe_.model.checkpoint;
    std::error_code error;
    if (path.extension() == ".safetensors" && fs::is_regular_file(path, error)) return;
    check_folder(path, "/model/checkpoint", "the checkpoint");
  }

  void check_file(const fs::path& path, const std::string& pointer) {
    std::error_code error;
    if (fs::is_regular_file(path, error)) return;
    findings_.add(pointer,
                  fmt::format("the file {} {}", path.string(),
                              fs::exists(path, error) ? "is not a file" : "does not exist"),
                  "paths are relative to the recipe");
  }

  // Of a unit whose module is below the recipe's, the type is known when the tree is there.
  void check_unit(const RecipeUnit& unit) {
    const ComponentInfo* wrapper =
        unit.module.empty() ? catalog_.wrapper_for(recipe_.model.type).component : nullptr;
    const EntryInfo* entry = nullptr;
    if (wrapper != nullptr) {
      const auto found = std::ranges::find(wrapper->entries, unit.entry, &EntryInfo::name);
      if (found != wrapper->entries.end()) entry = &*found;
      if (entry == nullptr) refuse_entry(unit, *wrapper);
      if (entry != nullptr && has_repeated(entry->inputs)) entry = nullptr;  // prepare() refuses it
    }
    check_data(unit.calibration, unit.calibration_pointer, entry);
    if (*unit.evaluation.inputs != *unit.calibration.inputs)
      check_data(unit.evaluation, unit.pointer + "/evaluation", entry);
  }

  // Where the recipe has no units, each of its exports names the entry; the default is never written.
  void refuse_entry(const RecipeUnit& unit, const ComponentInfo& wrapper) {
    std::vector<std::string> entries;
    for (const EntryInfo& entry : wrapper.entries) entries.push_back(entry.name);
    const auto refuse = [&](const std::string& pointer) {
      findings_.add(pointer, fmt::format("{} has no entry {}", recipe_.model.type, quote(unit.entry)),
                    suggest(unit.entry, entries, "entries"));
    };
    if (recipe_.has_units) return refuse(unit.pointer + "/entry");
    for (size_t i = 0; i < recipe_.exports.size(); ++i) refuse(append_pointer("/export", i) + "/entry");
  }

  void check_data(const RecipeData& data, const std::string& pointer, const EntryInfo* entry) {
    if (data.inputs->contains("path")) {
      const std::string path = data.inputs->at("path");
      if (path.find('{') == std::string::npos) check_file(path, pointer + "/inputs/path");
    }
    if (data.inputs->contains("processor")) check_processor(*data.inputs, pointer + "/inputs");
    if (entry == nullptr) return;
    std::vector<std::string> fed;
    for (const UnitOutput& one : data.from_units) {
      fed.push_back(one.input);
      refuse_unknown_input(one.input, pointer + "/inputs/from_units", *entry);
    }
    if (data.inputs->contains("inputs"))
      check_input_names(data.inputs->at("inputs"), pointer + "/inputs/inputs", *entry, fed);
  }

  void refuse_unknown_input(const std::string& name, const std::string& pointer, const EntryInfo& entry) {
    if (std::find(entry.inputs.begin(), entry.inputs.end(), name) != entry.inputs.end()) return;
    findings_.add(append_pointer(pointer, name),
                  fmt::format("{} has no input {}", recipe_.model.type, quote(name)),
                  suggest(name, entry.inputs, "inputs"), true);
  }

  // `fed`: inputs that come from other units.
  void check_input_names(const json& inputs, const std::string& pointer, const EntryInfo& entry,
                         const std::vector<std::string>& fed) {
    for (const auto& [name, description] : inputs.items()) refuse_unknown_input(name, pointer, entry);
    for (const std::string& name : entry.inputs) {
      const bool is_fed = std::find(fed.begin(), fed.end(), name) != fed.end();
      if (is_fed && inputs.contains(name))
        findings_.add(append_pointer(pointer, name), fmt::format("the input \"{}\" comes from a unit", name),
                      "remove it here, or from \"from_units\"", true);
      if (!is_fed && !inputs.contains(name))
        findings_.add(pointer, fmt::format("the input \"{}\" of {} is missing", name, recipe_.model.type),
                      "describe its tensor");
    }
  }

  void check_requirement(size_t i) {
    const PluginRequirement& wanted = recipe_.plugins.require[i];
    const std::string pointer = append_pointer("/plugins/require", i);
    std::vector<std::string> ids;
    for (const CatalogPlugin& plugin : catalog_.plugins()) {
      ids.push_back(plugin.manifest.id);
      if (plugin.manifest.id != wanted.id) continue;
      const auto version = Version::parse(plugin.manifest.version);
      const auto constraint = VersionConstraint::parse(wanted.version);
      if (version && constraint && constraint->allows(*version)) return;
      findings_.add(
          pointer + "/version",
          fmt::format("the plugin {} has version {}, and the recipe wants {}", wanted.id,
                      plugin.manifest.version, wanted.version),
          fmt::format("install another one, or change the constraint; found in {}", plugin.file.string()));
      return;
    }
    const std::string hint = did_you_mean(wanted.id, ids);
    findings_.add(pointer + "/id",
                  fmt::format("the plugin \"{}\" ({}) is not there", wanted.id, wanted.version),
                  hint.empty() ? "`vernier plugins` lists what is found, and why something is not" : hint);
  }

  static std::string suggest(const std::string& word, const std::vector<std::string>& names,
                             const char* plural) {
    std::string hint = did_you_mean(word, names);
    if (!hint.empty()) return hint;
    return names.empty() ? fmt::format("there are no {}", plural)
                         : fmt::format("known {}: {}", plural, fmt::join(names, ", "));
  }

  void check_type() {
    const std::string& type = recipe_.model.type;
    if (type.empty() || catalog_.wrapper_for(type)) return;
    findings_.add("/model/type", fmt::format("no wrapper serves the module type {}", quote(type)),
                  suggest(type, catalog_.types(), "types"));
  }

  void check_options(const ComponentInfo& component, const json& options, const std::string& pointer) {
    if (!component.options->is_object()) return;
    for (SchemaFinding& one : check_schema(component.options, options)) {
      findings_.add(pointer + one.pointer, fmt::format("{} {}: {}", component.kind, component.name, one.what),
                    std::move(one.hint), one.at_key);
    }
  }

  // `others`: observers that the options may be meant for when the patch names none.
  void check_patch(const SpecPatch& patch, const std::string& pointer,
                   const std::vector<std::string>& others) {
    std::vector<const ComponentInfo*> candidates;
    if (patch.observer) {
      const ComponentRef observer = catalog_.find("observer", *patch.observer);
      if (!observer) {
        findings_.add(pointer + "/observer", fmt::format("unknown observer {}", quote(*patch.observer)),
                      suggest(*patch.observer, catalog_.names("observer"), "observers"));
        return;
      }
      candidates.push_back(observer.component);
    }
    for (const std::string& name : others) {
      const ComponentRef observer = catalog_.find("observer", name);
      if (patch.observer) break;
      if (!observer) return;  // reported where it stands; the options may be meant for it
      candidates.push_back(observer.component);
    }
    if (!patch.options || candidates.empty()) return;
    for (const ComponentInfo* one : candidates) {
      if (check_schema(one->options->is_object() ? *one->options : json::object(), *patch.options).empty())
        return;
    }
    check_options(*candidates.front(), *patch.options, pointer + "/options");
  }

  void check_rules() {
    std::vector<std::string> observers = {*recipe_.quantization.activation.observer,
                                          *recipe_.quantization.weight.observer};
    for (const Rule& rule : recipe_.quantization.rules) {
      check_patch(rule.patch, rule.pointer, observers);
      if (rule.patch.observer) observers.insert(observers.begin(), *rule.patch.observer);
    }
  }

  void check_export(size_t i) {
    const RecipeExport& one = recipe_.exports[i];
    const std::string pointer = append_pointer("/export", i);
    const ComponentRef backend = catalog_.find("backend", one.backend);
    if (backend) {
      check_options(*backend.component, one.options, pointer + "/options");
    } else {
      findings_.add(pointer + "/backend", fmt::format("unknown backend {}", quote(one.backend)),
                    suggest(one.backend, catalog_.names("backend"), "backends"));
    }
    if (one.verify) check_verify(*one.verify, pointer + "/verify");
  }

  void check_verify(const RecipeVerify& verify, const std::string& pointer) {
    if (verify.executor.empty()) return;  // the file's name decides
    const ComponentRef executor = catalog_.find("executor", verify.executor);
    if (executor) {
      check_options(*executor.component, verify.options, pointer + "/options");
    } else {
      findings_.add(pointer + "/executor", fmt::format("unknown executor {}", quote(verify.executor)),
                    suggest(verify.executor, catalog_.names("executor"), "executors"));
    }
  }

  void check_processor(const json& inputs, const std::string& pointer) {
    const std::string name = inputs.at("processor");
    const ComponentRef processor = catalog_.find("processor", name);
    if (processor) {
      check_options(*processor.component, inputs.value("options", json::object()), pointer + "/options");
    } else {
      findings_.add(pointer + "/processor", fmt::format("unknown processor {}", quote(name)),
                    suggest(name, catalog_.names("processor"), "processors"));
    }
  }

  const Recipe& recipe_;
  const Catalog& catalog_;
  RecipeFindings findings_;
};

// Of a component that --KIND names, with --KIND-options.
void check_command_line(const Catalog& catalog, const std::string& kind, const std::string& name,
                        const json& options) {
  const ComponentRef found = catalog.find(kind, name);
  if (!found) {
    const std::vector<std::string> known = catalog.names(kind);
    const auto close = did_you_mean(name, known);
    throw plugin_error(fmt::format("no plugin provides {} {}", kind, quote(name)), "--" + kind,
                       close.empty() ? fmt::format("known {}s: {}", kind, fmt::join(known, ", ")) : close);
  }
  if (!found.component->options->is_object()) return;
  std::vector<Diagnostic> findings;
  for (const SchemaFinding& one : check_schema(found.component->options, options)) {
    findings.push_back({fmt::format("{} {}: {}", kind, name, one.what),
                        fmt::format("--{}-options {}", kind, one.pointer), one.hint});
  }
  if (!findings.empty()) throw Error(ErrorKind::kUsage, std::move(findings));
}

}  // namespace

void check_against(const Recipe& recipe, const Catalog& catalog) { Checker(recipe, catalog).run(); }

void check_executor_options(const Catalog& catalog, const std::string& executor, const json& options) {
  check_command_line(catalog, "executor", executor, options);
}

void check_processor_options(const Catalog& catalog, const std::string& processor, const json& options) {
  check_command_line(catalog, "processor", processor, options);
}

}  // namespace vernier::core
