#include "recipe/check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

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
    check_folder(recipe_.model.checkpoint, "/model/checkpoint", "the checkpoint");
    for (size_t i = 0; i < recipe_.plugins.search.size(); ++i)
      check_folder(recipe_.plugins.search[i], append_pointer("/plugins/search", i), "the plugin folder");
    for (size_t i = 0; i < recipe_.plugins.require.size(); ++i) check_requirement(i);
    check_type();
    check_data(recipe_.calibration, "/calibration");
    if (*recipe_.evaluation.inputs != *recipe_.calibration.inputs)
      check_data(recipe_.evaluation, "/evaluation");
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

  void check_data(const RecipeData& data, const std::string& pointer) {
    if (data.inputs->contains("path")) {
      const std::string path = data.inputs->at("path");
      std::error_code error;
      const bool is_pattern = path.find('{') != std::string::npos;
      if (!is_pattern && !fs::is_regular_file(path, error)) {
        findings_.add(
            pointer + "/inputs/path",
            fmt::format("the file {} {}", path, fs::exists(path, error) ? "is not a file" : "does not exist"),
            "paths are relative to the recipe");
      }
    }
    if (data.inputs->contains("inputs"))
      check_input_names(data.inputs->at("inputs"), pointer + "/inputs/inputs");
  }

  void check_input_names(const json& inputs, const std::string& pointer) {
    const ComponentInfo* wrapper = catalog_.wrapper_for(recipe_.model.type).component;
    if (!wrapper) return;
    const std::string entry = recipe_.exports.empty() ? "forward" : recipe_.exports.front().entry;
    const auto found = std::find_if(wrapper->entries.begin(), wrapper->entries.end(),
                                    [&](const EntryInfo& one) { return one.name == entry; });
    if (found == wrapper->entries.end()) return;
    for (const auto& [name, description] : inputs.items()) {
      if (std::find(found->inputs.begin(), found->inputs.end(), name) != found->inputs.end()) continue;
      findings_.add(append_pointer(pointer, name),
                    fmt::format("{} has no input {}", recipe_.model.type, quote(name)),
                    suggest(name, found->inputs, "inputs"), true);
    }
    for (const std::string& name : found->inputs) {
      if (!inputs.contains(name))
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
    const ComponentRef wrapper = catalog_.wrapper_for(recipe_.model.type);
    if (!wrapper) return;
    std::vector<std::string> entries;
    for (const EntryInfo& entry : wrapper.component->entries) entries.push_back(entry.name);
    if (std::find(entries.begin(), entries.end(), one.entry) != entries.end()) return;
    findings_.add(pointer + "/entry", fmt::format("{} has no entry {}", recipe_.model.type, quote(one.entry)),
                  suggest(one.entry, entries, "entries"));
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

  const Recipe& recipe_;
  const Catalog& catalog_;
  RecipeFindings findings_;
};

}  // namespace

void check_against(const Recipe& recipe, const Catalog& catalog) { Checker(recipe, catalog).run(); }

void check_executor_options(const Catalog& catalog, const std::string& executor, const json& options) {
  const ComponentRef found = catalog.find("executor", executor);
  if (!found) {
    const auto close = did_you_mean(executor, catalog.names("executor"));
    throw plugin_error(fmt::format("no plugin provides executor {}", quote(executor)), "--executor",
                       close.empty()
                           ? fmt::format("known executors: {}", fmt::join(catalog.names("executor"), ", "))
                           : close);
  }
  if (!found.component->options->is_object()) return;
  std::vector<Diagnostic> findings;
  for (const SchemaFinding& one : check_schema(found.component->options, options)) {
    findings.push_back(
        {fmt::format("executor {}: {}", executor, one.what), "--executor-options " + one.pointer, one.hint});
  }
  if (!findings.empty()) throw Error(ErrorKind::kUsage, std::move(findings));
}

}  // namespace vernier::core
