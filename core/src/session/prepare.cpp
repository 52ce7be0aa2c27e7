#include "session/prepare.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "calls/call_recorder.h"
#include "module/tree_builder.h"
#include "plugin/entry_names.h"
#include "plugin/find_plugins.h"
#include "recipe/check.h"
#include "recipe/recipe_source.h"
#include "recipe/resolve.h"
#include "session/consumer.h"
#include "session/recipe_plugins.h"
#include "session/recipe_program.h"
#include "session/trial.h"
#include "text/nearest.h"
#include "text/quote.h"

namespace vernier::core {

namespace {

// A recipe's unit has no place for the names of inputs whose number follows from a config.
void refuse_repeated(const EntryInfo& entry, const std::string& type, const std::string& where) {
  if (!has_repeated(entry.inputs) && !has_repeated(entry.outputs)) return;
  throw usage_error(fmt::format("entry {} of {} takes {}: which these are only a program says", entry.name,
                                type, fmt::join(entry.inputs, ", ")),
                    where, "give model.program, or run another entry");
}

// A required plugin that is there, but in no version that will do: told here, where all versions are still
// known.
void check_versions(const Recipe& recipe, const Resolution& found) {
  for (size_t i = 0; i < recipe.plugins.require.size(); ++i) {
    const PluginRequirement& wanted = recipe.plugins.require[i];
    std::vector<std::string> versions;
    for (const Candidate& one : found.candidates) {
      if (!one.manifest || one.manifest->id != wanted.id) continue;
      if (one.verdict == Verdict::kUsable) {
        versions.clear();
        break;
      }
      versions.push_back(one.manifest->version);
    }
    if (versions.empty()) continue;
    throw usage_error(fmt::format("no usable version of plugin {} satisfies {}", wanted.id, wanted.version),
                      recipe.where(fmt::format("/plugins/require/{}/version", i)),
                      fmt::format("found {}; `vernier plugins --explain {}` tells where",
                                  fmt::join(versions, ", "), wanted.id));
  }
}

// What the recipe asks for, unless another session of the process runs on another number of threads.
std::unique_ptr<ThreadPool> shared_threads(const Recipe& recipe) {
  auto pool = ThreadPool::of_process(recipe.runtime.threads);
  if (recipe.runtime.threads > 0 && recipe.runtime.threads != pool->threads()) {
    spdlog::warn("runtime.threads {} has no effect: another session of this process runs on {} threads ({})",
                 recipe.runtime.threads, pool->threads(), recipe.where("/runtime/threads"));
  }
  return pool;
}

// Of a recipe with a program the exports are those of its units, and the effective recipe keeps its own.
void choose_consumers(Prepared& p, const Profiles& profiles) {
  const JsonValue effective = p.recipe.effective;
  p.profiles = choose_profiles(p.recipe, *p.catalog, profiles);
  p.lowerings = choose_lowerings(p.recipe, *p.catalog, profiles, p.profiles);
  if (p.program) p.recipe.effective = effective;
}

// Architectures are called after body and head: BertForSequenceClassification is a head around a BertModel,
// which lies where most tensors do. Empty where no wrapper serves the body.
std::string body_hint(const std::string& type, const Catalog& catalog, const Checkpoint& checkpoint) {
  const size_t head = type.find("For");
  if (head == std::string::npos || head == 0) return {};
  const std::string body = type.substr(0, head) + "Model";
  if (!catalog.wrapper_for(body)) return {};
  std::map<std::string, size_t> firsts;
  const std::vector<std::string> names = checkpoint.names();
  for (const std::string& name : names) ++firsts[name.substr(0, name.find('.'))];
  const auto most = std::ranges::max_element(firsts, {}, [](const auto& one) { return one.second; });
  if (most == firsts.end() || 2 * most->second < names.size())
    return fmt::format("its body is {}: set \"type\": \"{}\" and \"module\"", body, body);
  return fmt::format("its body is {}: set \"type\": \"{}\", \"module\": {}", body, body,
                     in_quotes(most->first));
}

// The recipe's type, or what the checkpoint says it is.
std::string root_type(const Recipe& recipe, const Checkpoint& checkpoint) {
  if (!recipe.model.type.empty()) return recipe.model.type;
  const auto& config = checkpoint.config();
  if (config.contains("architectures") && config["architectures"].is_array() &&
      !config["architectures"].empty() && config["architectures"][0].is_string()) {
    return config["architectures"][0].get<std::string>();
  }
  if (checkpoint.config_file().empty())
    throw usage_error("the recipe names no module type and the checkpoint has no config.json",
                      recipe.where("/model"),
                      "set model.type, or fetch config.json, which names the architecture");
  throw usage_error("the recipe names no module type and the checkpoint's config.json no architecture",
                    recipe.where("/model"), "set model.type");
}

}  // namespace

int Prepared::module_of(const RecipeUnit& unit) const {
  const std::string& root = recipe.model.module;
  const std::string path =
      unit.module.empty() || root.empty() ? root + unit.module : root + "." + unit.module;
  std::vector<std::string> below;
  for (size_t i = 0; i < tree->modules.size(); ++i) {
    const std::string& one = tree->modules[i].path;
    if (one == path) return static_cast<int>(i);
    if (i > 0) below.push_back(one.substr(root.empty() ? 0 : root.size() + 1));
  }
  const std::string close = did_you_mean(unit.module, below);
  throw usage_error(
      fmt::format("{} has no module {}", tree->root().type, unit.module),
      recipe.where(unit.pointer + "/module"),
      close.empty() ? "paths are below model.module; `vernier plan` lists the sites of each module" : close);
}

const EntryInfo& Prepared::entry_info(const RecipeUnit& unit) const {
  const Module& module = tree->modules[static_cast<size_t>(module_of(unit))];
  const ComponentInfo& wrapper = *catalog->wrapper_for(module.type).component;
  std::vector<std::string> names;
  for (const EntryInfo& one : wrapper.entries) {
    if (one.name == unit.entry) {
      refuse_repeated(one, module.type, recipe.where(unit.pointer + "/entry"));
      return one;
    }
    names.push_back(one.name);
  }
  throw usage_error(fmt::format("{} has no entry {}", module.type, unit.entry),
                    recipe.where(unit.pointer + "/entry"),
                    fmt::format("its entries: {}", fmt::join(names, ", ")));
}

void apply_specs(const Recipe& recipe, ModuleTree& tree) {
  std::vector<SiteDescription> sites;
  for (const Site& site : tree.sites)
    sites.push_back({site.path, site.relative, site.is_weight, site.declared, site.tied_to});
  const std::vector<ResolvedSite> resolved = resolve_specs(recipe, sites);
  for (size_t i = 0; i < resolved.size(); ++i) {
    tree.sites[i].spec = resolved[i].spec;
    tree.sites[i].reason = resolved[i].reason;
  }
}

std::filesystem::path output_folder(const SessionOptions& options, const Recipe& recipe) {
  if (options.out) return *options.out;
  return std::filesystem::path("out") / recipe.file.stem();
}

namespace {

// A recipe that nobody keeps has no path to tell.
void rename_recipe(Recipe& recipe, const std::filesystem::path& name) {
  const auto source = std::make_shared<RecipeSource>(*recipe.source);
  source->names.front() = name.string();
  recipe.source = source;
  recipe.file = name;
}

}  // namespace

Prepared prepare(const SessionOptions& options, TrialScope trial, CallRecorder* recorder) {
  Prepared p;
  p.recipe = load_recipe(options.recipe, options.overrides);
  if (!options.recipe_name.empty()) rename_recipe(p.recipe, options.recipe_name);
  const SearchOptions search = recipe_search(p.recipe, options.plugin_files);
  Resolution found = find_plugins(search, recipe_requirements(p.recipe), options.run_control());
  throw_on_conflict(found);
  check_versions(p.recipe, found);
  p.catalog = std::make_unique<Catalog>(std::move(found.catalog));
  check_against(p.recipe, *p.catalog);
  const Profiles profiles = Profiles::find(search.recipe_folders, options.run_control());
  if (!p.recipe.model.program) choose_consumers(p, profiles);
  std::optional<TrialCalls> tried;
  if (wants_trial(p.recipe, *p.catalog, search)) tried = try_apart(options, p.recipe, trial);

  p.pool = shared_threads(p.recipe);
  p.services = std::make_unique<HostServices>(*p.pool, options.run_control());
  p.hub = std::make_unique<PluginHub>(*p.services, *p.catalog);
  if (tried)
    p.replay = std::make_unique<Replay>(*p.services, std::move(tried->calls), std::move(tried->tables),
                                        tried->table_bytes);
  p.checkpoint =
      std::make_unique<Checkpoint>(Checkpoint::open(p.recipe.model.checkpoint, options.run_control()));
  nlohmann::json config = resolve_config(p.recipe, p.checkpoint->config());
  // The checkpoint's own architecture reads the checkpoint's own config, but for what the recipe says; any
  // other type too where the recipe says nothing.
  if (p.recipe.model.type.empty() || config.empty()) {
    nlohmann::json whole = p.checkpoint->config();
    whole.update(config);
    config = std::move(whole);
  }
  const std::string type = root_type(p.recipe, *p.checkpoint);
  if (const std::string body = p.catalog->wrapper_for(type) ? "" : body_hint(type, *p.catalog, *p.checkpoint);
      !body.empty() && !p.recipe.model.program)
    throw plugin_error(fmt::format("no plugin provides a wrapper for module type \"{}\"", type),
                       "the root module, " + p.recipe.where("/model"), body)
        .with(VERNIER_NOT_FOUND);
  if (p.recipe.model.program) {
    p.program = open_recipe_program(p, type, config);
    choose_consumers(p, profiles);
  }

  const auto find = [&p](const std::string& wanted, const std::string& path) {
    if (p.replay == nullptr) return p.hub->wrapper(wanted, path);
    return p.hub->wrapper_elsewhere(wanted, path, Replay::table(), p.replay->host());
  };
  TreeBuilder builder(*p.services, *p.checkpoint, find, recorder);
  ConfigReads reads(config.dump());
  try {
    const ConfigReads::Scope scope(reads);
    p.tree = builder.build(p.recipe.model.module, type, config);
  } catch (const Error& error) {
    throw with_misspelt_keys(error, p.recipe, config, reads);
  }
  if (recorder != nullptr) recorder->config_reads(reads.state());
  if (p.replay != nullptr) reads.restore(p.replay->calls().config_reads);
  p.tree->replay = p.replay.get();
  p.tree->model_config = p.checkpoint->config().dump();
  p.config = check_config(p.recipe, config, reads, *p.tree, *p.catalog, *p.checkpoint);
  for (const UnreadKey& key :
       p.config.unread) {  // the effective recipe has no preset any more that excuses it
    if (key.is_suggested) (*p.recipe.effective)["model"]["config"].erase(key.name);
  }
  apply_specs(p.recipe, *p.tree);
  return p;
}

}  // namespace vernier::core
