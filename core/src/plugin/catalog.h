// The plugins that a run may use, after discovery and resolution: names to components, still without running
// any plugin code.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/library_image.h"
#include "plugin/manifest.h"

namespace vernier::core {

struct CatalogPlugin {
  Manifest manifest;
  std::filesystem::path file;                 // absolute, canonical
  std::string sha256;                         // of the whole file, lower-case hex
  std::shared_ptr<const LibraryImage> image;  // what will be loaded
};

struct ComponentRef {
  const CatalogPlugin* plugin = nullptr;
  const ComponentInfo* component = nullptr;
  explicit operator bool() const { return component != nullptr; }
};

class Catalog {
 public:
  explicit Catalog(std::vector<CatalogPlugin> plugins) : plugins_(std::move(plugins)) {}

  [[nodiscard]] const std::vector<CatalogPlugin>& plugins() const { return plugins_; }
  // The component `name` of `kind`; empty when there is none.
  [[nodiscard]] ComponentRef find(std::string_view kind, std::string_view name) const;
  // The wrapper that serves module type `type`; empty when there is none.
  [[nodiscard]] ComponentRef wrapper_for(std::string_view type) const;
  // Sorted names of the executors that run files with the end of this name.
  [[nodiscard]] std::vector<std::string> executors_of(std::string_view file_name) const;
  // Sorted names of the programs for this architecture of a config.json.
  [[nodiscard]] std::vector<std::string> programs_of(std::string_view architecture) const;
  // Sorted names of a kind, for messages ("did you mean", "known observers: ...").
  [[nodiscard]] std::vector<std::string> names(std::string_view kind) const;
  // Sorted module types that some wrapper serves.
  [[nodiscard]] std::vector<std::string> types() const;

 private:
  std::vector<CatalogPlugin> plugins_;  // never changes: refs point into it
};

}  // namespace vernier::core
