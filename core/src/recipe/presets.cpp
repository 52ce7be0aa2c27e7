#include "vernier/core/presets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "plugin/discovery.h"
#include "recipe/extends.h"
#include "recipe/json_positions.h"
#include "text/nearest.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace fs = std::filesystem;

Presets Presets::find(const std::vector<fs::path>& recipe_folders, const RunControl& control) {
  SearchOptions options;
  options.recipe_folders = recipe_folders;
  Presets result;
  result.files_ = files_beside_plugins(options, ".preset.json", control);
  return result;
}

fs::path Presets::file(const std::string& name, const std::string& where) const {
  const auto found = files_.find(name);
  if (found != files_.end()) return found->second;
  std::vector<std::string> known;
  known.reserve(files_.size());
  for (const auto& [one, file] : files_) known.push_back(one);
  const std::string close = did_you_mean(name, known);
  throw usage_error(fmt::format("unknown preset {}", in_quotes(name)), where,
                    !close.empty()  ? close
                    : known.empty() ? "no folder of plugins holds a .preset.json"
                                    : fmt::format("known presets: {}; a file's name ends with .json",
                                                  fmt::join(known, ", ")));
}

nlohmann::json Presets::content(const fs::path& file) {
  nlohmann::json value = parse_json_document(read_recipe_text(file), file.string()).value;
  if (!value.is_object()) throw usage_error("a preset is an object", file.string() + ":1:1");
  return value;
}

nlohmann::json Presets::to_json() const {
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& [name, file] : files_) {
    nlohmann::json row = {{"preset", one_line(name)}, {"file", one_line(file.lexically_normal().string())}};
    try {
      const nlohmann::json about = content(file).value("preset", nlohmann::json::object());
      for (const char* key : {"target", "precision", "summary"}) {
        const auto text = about.find(key);
        row[key] = text != about.end() && text->is_string() ? one_line(text->get<std::string>()) : "";
      }
    } catch (const Error& error) {
      row["error"] = error.diagnostics().front().what;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace vernier::core
