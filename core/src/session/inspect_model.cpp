#include "session/inspect_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "file/temporary_folder.h"
#include "session/prepare.h"
#include "text/quote.h"

namespace vernier::core {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr size_t kNamesShown = 6;

// Nothing is calibrated by it: a tree grows from model alone.
SessionOptions tree_recipe(const fs::path& model, const TemporaryFolder& place, const RunControl& control) {
  SessionOptions options;
  options.recipe = place.path() / "recipe.json";
  const json inputs = {{"kind", "synthetic"}, {"inputs", {{"input", {{"shape", {1}}}}}}};
  const json recipe = {{"version", 1},
                       {"model", {{"checkpoint", fs::absolute(model).lexically_normal().string()}}},
                       {"calibration", {{"inputs", inputs}, {"samples", 1}}}};
  std::ofstream(options.recipe) << recipe.dump();
  options.recipe_name = model / "config.json";
  options.out = place.path() / "out";
  options.control = &control;
  return options;
}

struct TypeRow {
  uint64_t count = 0, parameters = 0;
  std::string plugin;
};

void add_tree(const Prepared& p, json& result) {
  std::vector<std::string> order;
  std::map<std::string, TypeRow> types;
  std::map<std::string, std::vector<std::string>> names;  // of parameters, by tensor
  std::set<std::string> counted;
  uint64_t all = 0;
  for (const Module& module : p.tree->modules) {
    const auto [place, is_new] = types.try_emplace(module.type);
    if (is_new) order.push_back(module.type);
    ++place->second.count;
    place->second.plugin = module.plugin;
    for (const int index : module.parameters) {
      const Parameter& parameter = p.tree->parameters[static_cast<size_t>(index)];
      if (parameter.is_filled) continue;
      if (!parameter.part) names[parameter.tensor].push_back(parameter.path);
      const auto elements = static_cast<uint64_t>(parameter.source.elements());
      // Parts of one tensor are each their own.
      if (!parameter.part && !counted.insert(parameter.tensor).second) continue;
      place->second.parameters += elements;
      all += elements;
    }
  }
  result["parameters"] = all;
  for (const std::string& type : order)
    result["types"].push_back({{"type", type},
                               {"count", types[type].count},
                               {"plugin", types[type].plugin},
                               {"parameters", types[type].parameters}});
  for (const auto& [tensor, paths] : names) {
    if (paths.size() > 1) result["tied"].push_back(paths);
  }
  result["unused_tensors"] = p.config.unused_tensors;
}

}  // namespace

ServedModel look_at_model(const fs::path& folder, const RunControl& control, json& result) {
  ServedModel found;
  const json& config = result.at("config");
  const auto named = config.find("architectures");
  if (named != config.end() && named->is_array() && !named->empty() && named->front().is_string())
    found.architecture = named->front();
  result["architecture"] = found.architecture.empty() ? json() : json(found.architecture);
  result.update({{"parameters", nullptr},
                 {"types", json::array()},
                 {"tied", json::array()},
                 {"unused_tensors", json::array()},
                 {"not_served", nullptr}});
  if (found.architecture.empty()) return found;
  const TemporaryFolder place;
  try {
    add_tree(prepare(tree_recipe(folder, place, control)), result);
  } catch (const Error& error) {
    if (error.is_stop()) throw;
    const Diagnostic& first = error.diagnostics().front();
    result["not_served"] = {{"what", first.what}, {"where", first.where}, {"hint", first.hint}};
    found.reason = error;
  }
  return found;
}

namespace {

std::string some(const json& names) {
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(kNamesShown, names.size()); ++i)
    shown.push_back(one_line(names[i].get<std::string>()));
  const std::string more =
      names.size() > kNamesShown ? fmt::format(" and {} more", names.size() - kNamesShown) : std::string();
  return fmt::format("{}{}", fmt::join(shown, ", "), more);
}

}  // namespace

std::string served_lines(const json& found) {
  if (found.at("architecture").is_null())
    return "config.json names no architecture: which wrappers serve it is not looked at\n";
  std::string text = one_line(found.at("architecture").get<std::string>());
  if (const json& reason = found.at("not_served"); !reason.is_null()) {
    text += fmt::format(": not served as a whole: {}\n", one_line(reason.at("what").get<std::string>()));
    if (!reason.at("where").get<std::string>().empty())
      text += fmt::format("  at {}\n", one_line(reason.at("where").get<std::string>()));
    if (!reason.at("hint").get<std::string>().empty())
      text += fmt::format("  {}\n", one_line(reason.at("hint").get<std::string>()));
    return text + "  a recipe may name a part of it: \"module\" and \"type\" in \"model\"\n";
  }
  text += fmt::format(": {:.1f} million parameters, each type served by\n",
                      found.at("parameters").get<double>() / 1e6);
  for (const json& row : found.at("types"))
    text += fmt::format("  {:>4} {:<40} {:>12} parameters  {}\n", row.at("count").get<uint64_t>(),
                        one_line(row.at("type").get<std::string>()), row.at("parameters").get<uint64_t>(),
                        one_line(row.at("plugin").get<std::string>()));
  for (const json& names : found.at("tied")) text += fmt::format("one tensor: {}\n", some(names));
  if (!found.at("unused_tensors").empty())
    text += fmt::format("no wrapper declares {} tensors: {}\n", found.at("unused_tensors").size(),
                        some(found.at("unused_tensors")));
  return text;
}

}  // namespace vernier::core
