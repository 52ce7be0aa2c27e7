#include "session/prepare.h"

#include <fmt/format.h>

#include "plugin/find_plugins.h"
#include "recipe/check.h"
#include "recipe/resolve.h"
#include "recipe/version_constraint.h"

namespace vernier::core {

namespace {

SearchOptions search_options(const SessionOptions& options, const Recipe& recipe) {
  SearchOptions search;
  search.files = options.plugin_files;
  for (const auto& folder : recipe.plugins.search) search.recipe_folders.push_back(folder);
  return search;
}

std::vector<Requirement> requirements(const Recipe& recipe) {
  std::vector<Requirement> result;
  for (const PluginRequirement& one : recipe.plugins.require) {
    result.push_back({one.id, [constraint = VersionConstraint::parse(one.version)](const std::string& text) {
                        const auto version = Version::parse(text);
                        return constraint && version && constraint->allows(*version);
                      }});
  }
  return result;
}

void apply_specs(const Recipe& recipe, ModuleTree& tree) {
  std::vector<SiteDescription> sites;
  for (const Site& site : tree.sites) sites.push_back({site.path, site.relative, site.is_weight, site.declared});
  const std::vector<ResolvedSite> resolved = resolve_specs(recipe, sites);
  for (size_t i = 0; i < resolved.size(); ++i) {
    tree.sites[i].spec = resolved[i].spec;
    tree.sites[i].reason = resolved[i].reason;
  }
}

}  // namespace

const std::vector<std::string>& Prepared::input_names() const {
  for (const EntryInfo& one : root->entries) {
    if (one.name == entry) return one.inputs;
  }
  throw plugin_error(fmt::format("wrapper {} has no entry {}", root->name, entry));
}

std::filesystem::path output_folder(const SessionOptions& options, const Recipe& recipe) {
  if (options.out) return *options.out;
  return std::filesystem::path("out") / recipe.file.stem();
}

Prepared prepare(const SessionOptions& options) {
  Prepared p;
  p.recipe = load_recipe(options.recipe, options.overrides);
  p.catalog = std::make_unique<Catalog>(find_plugins(search_options(options, p.recipe), requirements(p.recipe)).catalog);
  check_against(p.recipe, *p.catalog);
  if (!p.recipe.exports.empty()) p.entry = p.recipe.exports.front().entry;

  p.pool = std::make_unique<ThreadPool>(static_cast<int>(p.recipe.runtime.threads));
  p.services = std::make_unique<HostServices>(*p.pool);
  p.hub = std::make_unique<PluginHub>(*p.services, *p.catalog);
  p.checkpoint = std::make_unique<Checkpoint>(Checkpoint::open(p.recipe.model.checkpoint));
  const nlohmann::json config = resolve_config(p.recipe, p.checkpoint->config());
  p.root = p.catalog->wrapper_for(p.recipe.model.type).component;

  TreeBuilder builder(*p.services, *p.checkpoint, [&hub = *p.hub](const std::string& type, const std::string& path) { return hub.wrapper(type, path); });
  p.tree = builder.build(p.recipe.model.module, p.recipe.model.type, config);
  apply_specs(p.recipe, *p.tree);
  return p;
}

}  // namespace vernier::core
