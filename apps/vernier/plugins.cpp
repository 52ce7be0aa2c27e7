#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "output.h"
#include "vernier/core/error.h"
#include "vernier/core/plugins.h"
#include "vernier/core/suggestion.h"

namespace vernier::app {

namespace {

void print_table(const nlohmann::json& listing) {
  put("{:<9} {:<32} {:<30} {:<8} {:<9} {}\n", "kind", "name", "plugin", "version", "verdict", "file");
  for (const auto& plugin : listing.at("plugins")) {
    const std::string verdict = plugin.at("verdict").get<std::string>();
    const std::string file = plugin.at("file").get<std::string>();
    for (const auto& info : plugin.at("components")) {
      put("{:<9} {:<32} {:<30} {:<8} {:<9} {}\n", info.at("kind").get<std::string>(),
          info.at("name").get<std::string>(), plugin.at("id").get<std::string>(),
          plugin.at("version").get<std::string>(), verdict, file);
    }
    if (plugin.at("components").empty())
      put("{:<9} {:<32} {:<30} {:<8} {:<9} {}\n", "-", "-", plugin.value("id", "-"),
          plugin.value("version", "-"), verdict, file);
    if (verdict != "usable") put("          {}\n", plugin.at("reason").get<std::string>());
  }
  put("\nconsumer profiles:\n");
  for (const auto& profile : listing.at("profiles")) {
    const std::string error = profile.value("error", "");
    put("  {:<12} {}{}\n", profile.at("profile").get<std::string>(), profile.value("summary", ""), error);
  }
  put("\nlooked in, first to last:\n");
  for (const auto& place : listing.at("places")) {
    put("  {:<22} {}{}\n", place.at("level").get<std::string>(), place.at("folder").get<std::string>(),
        place.at("exists").get<bool>() ? "" : "  (not there)");
  }
}

// What --explain takes.
std::vector<std::string> names_of(const nlohmann::json& listing) {
  std::vector<std::string> names;
  for (const auto& plugin : listing.at("plugins")) {
    if (plugin.contains("id")) names.push_back(plugin.at("id"));
    for (const auto& info : plugin.at("components")) {
      names.push_back(info.at("name"));
      for (const auto& type : info.value("types", nlohmann::json::array())) names.push_back(type);
    }
  }
  return names;
}

}  // namespace

void add_plugins(CLI::App& program) {
  CLI::App* command = program.add_subcommand(
      "plugins", "list every component: kind, name, plugin id, version, verdict, file");
  auto files = std::make_shared<std::vector<std::string>>();
  auto name = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  command->add_option("--plugin", *files, "a plugin library; comes before every other place")
      ->type_name("FILE")
      ->take_all()
      ->expected(1);
  command
      ->add_option("--explain", *name,
                   "every path, verdict and reason for a plugin id, component, module type or file name")
      ->type_name("NAME");
  command->add_flag("--json", *json, "print JSON on standard output");
  command->callback([files, name, json] {
    const std::vector<std::filesystem::path> paths(files->begin(), files->end());
    if (!name->empty()) {
      const std::string text = core::explain_plugin(*name, paths);
      if (text.empty()) {
        const std::string meant = core::did_you_mean(*name, names_of(core::list_plugins(paths)));
        throw core::plugin_error(
            fmt::format("nothing is called \"{}\"", *name), "--explain",
            meant.empty() ? "`vernier plugins` lists what there is and where it was looked for" : meant);
      }
      if (*json)
        put("{}\n", core::json_text(nlohmann::json{{"name", *name}, {"explanation", text}}, 2));
      else
        put("{}", text);
      return;
    }
    const nlohmann::json listing = core::list_plugins(paths);
    if (*json)
      put("{}\n", core::json_text(listing, 2));
    else
      print_table(listing);
  });
}

}  // namespace vernier::app
