#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "kernels/thread_pool.h"
#include "plugin/find_plugins.h"
#include "session/made_program.h"
#include "session/recipe_plugins.h"
#include "text/quote.h"
#include "vernier/core/programs.h"
#include "vernier/core/recipe.h"

namespace vernier::core {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// The config of what the user named, and where else plugins are.
struct Model {
  json config;
  std::string config_name;
  SearchOptions search;
  std::vector<Requirement> requirements;
};

Model model_of_recipe(const ProgramOptions& options) {
  const Recipe recipe = load_recipe(options.model, {});
  Model model;
  model.search = recipe_search(recipe, options.plugin_files);
  model.requirements = recipe_requirements(recipe);
  model.config = read_model_config(checkpoint_folder(recipe.model.checkpoint));
  model.config.update(resolve_config(recipe, model.config));
  model.config = with_generation_config(std::move(model.config), checkpoint_folder(recipe.model.checkpoint));
  model.config_name = recipe.where("/model");
  return model;
}

Model model_of(const ProgramOptions& options) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(options.model, ignored);
  if (!is_folder && options.model.filename() != "config.json") return model_of_recipe(options);
  const fs::path folder = is_folder ? options.model : fs::absolute(options.model).parent_path();
  Model model;
  model.config = with_generation_config(read_model_config(folder), folder);
  model.config_name = (folder / "config.json").string();
  model.search.files = options.plugin_files;
  return model;
}

std::string architecture_of(const Model& model) {
  const json& config = model.config;
  const auto found = config.find("architectures");
  if (found != config.end() && found->is_array() && !found->empty() && found->front().is_string())
    return found->front().get<std::string>();
  throw data_error("the model's config.json names no architecture", model.config_name,
                   "programs are made for \"architectures\", as transformers writes them");
}

// NAME=VALUE, each once; a value that is no JSON is text.
json profile_of(const std::vector<std::string>& pairs) {
  constexpr size_t kLongest = 200;  // of what a binding may be, and of what a parser recurses into
  json profile = json::object();
  for (const std::string& text : pairs) {
    const std::string where = "--profile " + one_line(text);
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw usage_error("a binding has the form NAME=VALUE", where, "for example sequence=2048");
    const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
    if (value.size() > kLongest || !is_printable(text))
      throw usage_error("a value is one line of at most 200 bytes, UTF-8", where);
    if (profile.contains(name)) throw usage_error(in_quotes(name) + " is bound twice", where);
    json parsed = json::parse(value, nullptr, /*allow_exceptions=*/false);
    profile[name] = parsed.is_discarded() ? json(value) : std::move(parsed);
  }
  return profile;
}

std::string place_of(const std::string& pointer) {
  return pointer.empty() ? "--profile" : "--profile " + one_line(pointer.substr(1));
}

json buffer_rows(const Program& program) {
  json rows = json::object();
  for (const ProgramBuffer& buffer : program.buffers) {
    json& row = rows[to_string(buffer.role)];
    if (row.is_null()) row = {{"count", 0}, {"bytes", 0}};
    row["count"] = row["count"].get<uint64_t>() + 1;
    row["bytes"] = row["bytes"].get<uint64_t>() + buffer.bytes();
  }
  return rows;
}

json phase_rows(const Program& program) {
  json rows = json::array();
  for (const ProgramPhase& phase : program.phases) {
    uint64_t units = 0;
    std::map<std::string, uint64_t> steps;
    for (const ProgramStep& step : phase.steps) {
      if (step.unit)
        ++units;
      else
        ++steps[step.host];
    }
    rows.push_back(
        {{"name", phase.name}, {"runs", to_string(phase.runs)}, {"units", units}, {"host_steps", steps}});
  }
  return rows;
}

std::string joined(const json& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name.get<std::string>();
  return text;
}

}  // namespace

json describe_program(const ProgramOptions& options) {
  const json profile = profile_of(options.profile);
  const Model model = model_of(options);
  const std::string architecture = architecture_of(model);
  Resolution found = find_plugins(model.search, model.requirements, options.run_control());
  throw_on_conflict(found);
  const ComponentRef component = choose_program(found.catalog, options.program, architecture,
                                                options.program.empty() ? model.config_name : "--program");
  const auto pool = ThreadPool::of_process(1);
  HostServices services(*pool, options.run_control());
  PluginHub hub(services, found.catalog);
  const MadeProgram made =
      make_program(services, hub, {component, model.config, model.config_name, profile, &place_of});
  return {{"program", made.name},
          {"plugin", made.plugin},
          {"architecture", architecture},
          {"document", *made.document},
          {"buffers", buffer_rows(made.program)},
          {"phases", phase_rows(made.program)}};
}

std::string program_table(const json& description) {
  const json& document = description.at("document");
  std::string text = fmt::format("program {} ({}) for {}\n", description.at("program").get<std::string>(),
                                 description.at("plugin").get<std::string>(),
                                 description.at("architecture").get<std::string>());
  for (const auto& [name, value] : document.at("profile").items())
    text += fmt::format("  {} = {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  const json& units = document.at("units");
  text += fmt::format("\n{} units, each a file\n{:<32} {:<44} {:<20} {}\n", units.size(), "unit", "module",
                      "entry", "inputs -> outputs");
  for (const json& unit : units)
    text += fmt::format("{:<32} {:<44} {:<20} {} -> {}\n", unit.at("name").get<std::string>(),
                        unit.at("module").get<std::string>(), unit.at("entry").get<std::string>(),
                        joined(unit.at("inputs")), joined(unit.at("outputs")));
  text += fmt::format("\n{:<10} {:>8} {:>16}\n", "buffers", "count", "bytes");
  for (const auto& [role, row] : description.at("buffers").items())
    text += fmt::format("{:<10} {:>8} {:>16}\n", role, row.at("count").get<uint64_t>(),
                        row.at("bytes").get<uint64_t>());
  text += fmt::format("\n{:<10} {:<14} {:>6}  {}\n", "phase", "runs", "units", "host steps");
  for (const json& phase : description.at("phases")) {
    std::string steps;
    for (const auto& [name, count] : phase.at("host_steps").items())
      steps += fmt::format("{}{} {}", steps.empty() ? "" : ", ", count.get<uint64_t>(), name);
    text += fmt::format("{:<10} {:<14} {:>6}  {}\n", phase.at("name").get<std::string>(),
                        phase.at("runs").get<std::string>(), phase.at("units").get<uint64_t>(), steps);
  }
  return text;
}

}  // namespace vernier::core
