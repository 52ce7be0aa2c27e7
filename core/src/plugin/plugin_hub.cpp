#include "plugin/plugin_hub.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "abi/sized.h"
#include "text/nearest.h"
#include "vernier/core/plugins.h"

namespace vernier::core {

namespace {

Error not_found(const char* what, const std::string& name, const std::vector<std::string>& known,
                const std::string& where) {
  const auto close = nearest(name, known);
  const std::string hint =
      close ? fmt::format("did you mean \"{}\"?", *close)
            : fmt::format("known: {}; `vernier plugins` lists every plugin and why one was left out",
                          fmt::join(known, ", "));
  return plugin_error(fmt::format("no plugin provides {} \"{}\"", what, name), where, hint)
      .with(VERNIER_NOT_FOUND);
}

}  // namespace

const Library& PluginHub::library(const CatalogPlugin& plugin) {
  const auto found = libraries_.find(&plugin);
  if (found != libraries_.end()) return *found->second;
  return *libraries_.emplace(&plugin, &Plugins::of_process().load(plugin, &services_)).first->second;
}

template <typename Table>
const Table* PluginHub::component(const ComponentRef& ref, const char* kind) {
  const auto* given = static_cast<const Table*>(library(*ref.plugin).component(kind, ref.component->name));
  std::shared_ptr<void>& table = tables_[given];
  if (table == nullptr) table = std::make_shared<Table>(read_sized(given));
  return static_cast<const Table*>(table.get());
}

ComponentRef PluginHub::find_wrapper(const std::string& type, const std::string& path) const {
  const ComponentRef ref = catalog_.wrapper_for(type);
  if (ref) return ref;
  throw not_found("a wrapper for module type", type, catalog_.types(),
                  path.empty() ? "the root module" : "module " + path);
}

LoadedWrapper PluginHub::wrapper_elsewhere(const std::string& type, const std::string& path,
                                           const vernier_wrapper* table, const vernier_host* host) {
  const ComponentRef ref = find_wrapper(type, path);
  elsewhere_.insert(ref.plugin);
  return {table, host, ref.plugin->manifest.id, ref.component};
}

LoadedWrapper PluginHub::wrapper(const std::string& type, const std::string& path) {
  const ComponentRef ref = find_wrapper(type, path);
  return {component<vernier_wrapper>(ref, VERNIER_WRAPPER), library(*ref.plugin).host(),
          ref.plugin->manifest.id, ref.component};
}

LoadedObserver PluginHub::observer(const std::string& name) {
  const ComponentRef ref = catalog_.find("observer", name);
  if (!ref) throw not_found("observer", name, catalog_.names("observer"), {});
  const auto* table = component<vernier_observer>(ref, VERNIER_OBSERVER);
  const bool keeps = table->save != nullptr && table->load != nullptr;
  return {table,
          library(*ref.plugin).host(),
          ref.plugin->manifest.id,
          ref.component->takes_pieces,
          ref.component->has_independent_channels,
          keeps ? ref.component->state : "",
          ref.plugin->sha256,
          ref.plugin->manifest.abi_minor,
          ref.component->granularities};
}

LoadedBackend PluginHub::backend(const std::string& name) {
  const ComponentRef ref = catalog_.find("backend", name);
  if (!ref) throw not_found("backend", name, catalog_.names("backend"), {});
  return {component<vernier_backend>(ref, VERNIER_BACKEND), library(*ref.plugin).host(),
          ref.plugin->manifest.id, ref.component};
}

LoadedExecutor PluginHub::executor(const std::string& name) {
  const ComponentRef ref = catalog_.find("executor", name);
  if (!ref) throw not_found("executor", name, catalog_.names("executor"), {});
  return {component<vernier_executor>(ref, VERNIER_EXECUTOR), library(*ref.plugin).host(),
          ref.plugin->manifest.id, name, ref.plugin->manifest.abi_minor};
}

LoadedProcessor PluginHub::processor(const std::string& name) {
  const ComponentRef ref = catalog_.find("processor", name);
  if (!ref) throw not_found("processor", name, catalog_.names("processor"), {});
  return {component<vernier_processor>(ref, VERNIER_PROCESSOR_DRAFT), library(*ref.plugin).host(),
          ref.plugin->manifest.id};
}

LoadedProgram PluginHub::program(const std::string& name) {
  const ComponentRef ref = catalog_.find("program", name);
  if (!ref) throw not_found("program", name, catalog_.names("program"), {});
  return {component<vernier_program>(ref, VERNIER_PROGRAM_DRAFT), library(*ref.plugin).host(),
          ref.plugin->manifest.id, ref.component};
}

LoadedExecutor PluginHub::executor_for(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const std::vector<std::string> fitting = catalog_.executors_of(name);
  if (fitting.size() == 1) return this->executor(fitting.front());
  if (fitting.empty()) {
    const std::vector<std::string> known = catalog_.names("executor");
    throw plugin_error("no executor runs files like " + name, name,
                       known.empty()
                           ? "no executor plugin was found; `vernier plugins` lists what there is"
                           : fmt::format("known executors: {}; name one of them", fmt::join(known, ", ")));
  }
  throw plugin_error(fmt::format("several executors run files like {}: {}", name, fmt::join(fitting, ", ")),
                     name, "name one of them");
}

std::vector<const CatalogPlugin*> PluginHub::used() const {
  std::vector<const CatalogPlugin*> result;
  for (const CatalogPlugin& plugin : catalog_.plugins()) {
    if (libraries_.count(&plugin) != 0 || elsewhere_.count(&plugin) != 0) result.push_back(&plugin);
  }
  return result;
}

}  // namespace vernier::core
