// Names to live components: finds a component in the catalog and loads its library the first time it is
// needed.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "abi/host_services.h"
#include "plugin/catalog.h"
#include "plugin/library.h"
#include "plugin/loaded.h"

namespace vernier::core {

class PluginHub {
 public:
  PluginHub(HostServices& services, const Catalog& catalog) : services_(services), catalog_(catalog) {}

  // Each throws Error (kPlugin) with the nearest name when there is none.
  LoadedWrapper wrapper(const std::string& type, const std::string& path);
  // The same for a wrapper whose code runs in another process: `table` and `host` stand in its place, and its
  // library is not loaded.
  LoadedWrapper wrapper_elsewhere(const std::string& type, const std::string& path,
                                  const vernier_wrapper* table, const vernier_host* host);
  LoadedObserver observer(const std::string& name);
  LoadedBackend backend(const std::string& name);
  LoadedExecutor executor(const std::string& name);
  LoadedProcessor processor(const std::string& name);
  LoadedProgram program(const std::string& name);
  // The executor for a file by the end of its name; throws Error (kPlugin) where none or several fit, naming
  // them.
  LoadedExecutor executor_for(const std::filesystem::path& file);
  // The plugins that were used so far, here or elsewhere: the ones that a report names.
  [[nodiscard]] std::vector<const CatalogPlugin*> used() const;

 private:
  [[nodiscard]] ComponentRef find_wrapper(const std::string& type, const std::string& path) const;
  const Library& library(const CatalogPlugin& plugin);
  template <typename Table>
  const Table* component(const ComponentRef& ref, const char* kind);

  HostServices& services_;
  const Catalog& catalog_;
  std::map<const CatalogPlugin*, const Library*> libraries_;
  std::set<const CatalogPlugin*> elsewhere_;
  std::map<const void*, std::shared_ptr<void>>
      tables_;  // the plugins' tables, grown or cut to what this host knows
};

}  // namespace vernier::core
