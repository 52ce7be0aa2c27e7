// A folder with a program.json whose files are open.
#pragma once

#include <memory>

#include "kernels/thread_pool.h"
#include "plugin/plugin_hub.h"
#include "program/file_units.h"
#include "vernier/core/program_folder.h"

namespace vernier::core {

class OpenFolder {
 public:
  // Throws Error, what read_program_folder() and FileUnits throw.
  explicit OpenFolder(const FolderOptions& options);

  [[nodiscard]] const Program& program() const { return program_; }
  FileUnits& units() { return units_; }
  HostServices& services() { return services_; }
  PluginHub& hub() { return hub_; }
  [[nodiscard]] const Catalog& catalog() const { return catalog_; }

 private:
  Catalog catalog_;
  std::unique_ptr<ThreadPool> pool_;
  HostServices services_;
  PluginHub hub_;
  Program program_;
  FileUnits units_;
};

}  // namespace vernier::core
