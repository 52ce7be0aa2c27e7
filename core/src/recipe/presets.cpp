#include "vernier/core/presets.h"

#include <nlohmann/json.hpp>

#include "plugin/data_files.h"
#include "recipe/extends.h"
#include "recipe/json_positions.h"
#include "text/quote.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace fs = std::filesystem;

Presets Presets::find(const std::vector<fs::path>& recipe_folders, const RunControl& control) {
  Presets result;
  result.files_ = find_data_files(recipe_folders, "preset", control);
  return result;
}

fs::path Presets::file(const std::string& name, const std::string& where) const {
  return data_file(files_, "preset", name, where, "; a file's name ends with .json");
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
      row["measured"] = nlohmann::json::object();
      const auto measured = about.find("measured");
      if (measured != about.end() && measured->is_object()) {
        for (const auto& [model, result] : measured->items())
          if (result.is_string()) row["measured"][one_line(model)] = one_line(result.get<std::string>());
      }
    } catch (const Error& error) {
      row["error"] = error.diagnostics().front().what;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace vernier::core
