#include "plugin/catalog.h"

#include <algorithm>
#include <set>

namespace vernier::core {

ComponentRef Catalog::find(std::string_view kind, std::string_view name) const {
  for (const CatalogPlugin& plugin : plugins_) {
    for (const ComponentInfo& info : plugin.manifest.components) {
      if (info.kind == kind && info.name == name) return {&plugin, &info};
    }
  }
  return {};
}

ComponentRef Catalog::wrapper_for(std::string_view type) const {
  for (const CatalogPlugin& plugin : plugins_) {
    for (const ComponentInfo& info : plugin.manifest.components) {
      if (info.kind == "wrapper" && std::find(info.types.begin(), info.types.end(), type) != info.types.end())
        return {&plugin, &info};
    }
  }
  return {};
}

std::vector<std::string> Catalog::executors_of(std::string_view file_name) const {
  std::vector<std::string> found;
  for (const std::string& name : names("executor")) {
    const auto& ends = find("executor", name).component->files;
    if (std::any_of(ends.begin(), ends.end(), [&](const auto& end) { return file_name.ends_with(end); }))
      found.push_back(name);
  }
  return found;
}

std::vector<std::string> Catalog::programs_of(std::string_view architecture) const {
  std::vector<std::string> found;
  for (const std::string& name : names("program")) {
    const auto& models = find("program", name).component->models;
    if (std::find(models.begin(), models.end(), architecture) != models.end()) found.push_back(name);
  }
  return found;
}

std::vector<std::string> Catalog::names(std::string_view kind) const {
  std::set<std::string> found;
  for (const CatalogPlugin& plugin : plugins_) {
    for (const ComponentInfo& info : plugin.manifest.components) {
      if (info.kind == kind) found.insert(info.name);
    }
  }
  return {found.begin(), found.end()};
}

std::vector<std::string> Catalog::types() const {
  std::set<std::string> found;
  for (const CatalogPlugin& plugin : plugins_) {
    for (const ComponentInfo& info : plugin.manifest.components)
      found.insert(info.types.begin(), info.types.end());
  }
  return {found.begin(), found.end()};
}

}  // namespace vernier::core
