#include "recipe/extends.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "file/folder_commit.h"
#include "recipe/json_positions.h"
#include "text/json_pointer.h"
#include "vernier/core/error.h"
#include "vernier/core/presets.h"

namespace vernier::core {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::string_view kFile = ".json";  // ends the name of one; another name is a preset's
constexpr const char* kRules = "/quantization/rules";

// Relative paths mean the folder of their text; the effective recipe may lie anywhere, so it has absolute
// ones.
void make_absolute(json& parent, const char* key, const fs::path& folder) {
  const auto found = parent.find(key);
  if (found != parent.end() && found->is_string() && !found->get_ref<const std::string&>().empty())
    *found = (folder / found->get_ref<const std::string&>()).lexically_normal().string();
}

json* object_at(json& parent, const char* key) {
  const auto found = parent.find(key);
  return found != parent.end() && found->is_object() ? &*found : nullptr;
}

void make_unit_absolute(json& unit, const fs::path& folder) {
  for (const char* part : {"calibration", "evaluation"}) {
    json* data = unit.is_object() ? object_at(unit, part) : nullptr;
    json* inputs = data != nullptr ? object_at(*data, "inputs") : nullptr;
    if (inputs != nullptr) make_absolute(*inputs, "path", folder);
  }
}

void belongs_to(JsonPlace& place, size_t text) {
  place.text = text;
  for (JsonPlace& child : place.children) belongs_to(child, text);
}

JsonPlace* member(JsonPlace& place, const std::string& key) {
  return const_cast<JsonPlace*>(child_at(place, key));  // of a place that is not const
}

void remove_member(JsonPlace& place, const std::string& key) {
  std::erase_if(place.children, [&](const JsonPlace& child) { return child.key == key; });
}

struct Placed {
  json& value;
  JsonPlace& place;
};

void merge(const Placed& base, Placed patch, const std::string& pointer) {
  const bool adds = pointer == kRules && base.value.is_array() && patch.value.is_array();
  if (adds) {
    for (json& one : patch.value) base.value.push_back(std::move(one));
    for (JsonPlace& one : patch.place.children) base.place.children.push_back(std::move(one));
  } else if (!base.value.is_object() || !patch.value.is_object()) {
    base.value = std::move(patch.value);
    base.place = std::move(patch.place);
    return;
  } else {
    for (auto& [key, value] : patch.value.items()) {
      JsonPlace& place = *member(patch.place, key);
      JsonPlace* there = member(base.place, key);
      if (there == nullptr) {
        base.value[key] = std::move(value);
        base.place.children.push_back(std::move(place));
      } else if (value.is_null()) {
        base.value.erase(key);
        remove_member(base.place, key);
      } else {
        merge({base.value[key], *there}, {value, place}, append_pointer(pointer, key));
      }
    }
  }
  // A message about the whole of it speaks of the recipe that somebody writes.
  base.place.value_at = patch.place.value_at;
  base.place.key_at = patch.place.key_at;
  base.place.text = patch.place.text;
}

class Extending {
 public:
  explicit Extending(RecipeSource& source) : source_(source) {}

  [[nodiscard]] const std::vector<fs::path>& files() const { return files_; }

  // `value`, whose places are those of `source_.names[text]`, the text of `file`.
  void extend(json& value, JsonPlace& root, const fs::path& file, size_t text) {
    if (!value.is_object() || !value.contains("extends")) return;
    const std::string where = where_of(*member(root, "extends"), text);
    const json wanted = std::move(value["extends"]);
    value.erase("extends");
    remove_member(root, "extends");
    if (!wanted.is_string())
      throw usage_error("\"extends\" is a string: the name of a preset, or a recipe's file", where,
                        "`vernier presets` lists the presets");
    const fs::path base_file = resolve(wanted.get<std::string>(), value, file, where);
    JsonDocument base = read(base_file, where);
    const size_t base_text = source_.names.size() - 1;
    if (!wanted.get_ref<const std::string&>().ends_with(kFile)) source_.presets.insert(base_text);
    belongs_to(base.root, base_text);
    extend(base.value, base.root, base_file, base_text);
    base.value.erase("preset");
    remove_member(base.root, "preset");
    make_paths_absolute(base.value, base_file.parent_path());
    merge({base.value, base.root}, {value, root}, "");
    value = std::move(base.value);
    root = std::move(base.root);
  }

 private:
  [[nodiscard]] std::string where_of(const JsonPlace& place, size_t text) const {
    const auto override = source_.overrides.find("/extends");
    if (text == 0 && override != source_.overrides.end())
      return fmt::format("--set {} (/extends)", override->second);
    return fmt::format("{}:{}:{} (/extends)", source_.names[text], place.value_at.line,
                       place.value_at.column);
  }

  static fs::path resolve(const std::string& wanted, const json& value, const fs::path& file,
                          const std::string& where) {
    const fs::path folder = fs::absolute(file).parent_path();
    if (wanted.ends_with(kFile)) return (folder / wanted).lexically_normal();
    std::vector<fs::path> folders;
    const json search = value.value(json::json_pointer("/plugins/search"), json::array());
    for (const json& one : search) {
      if (one.is_string()) folders.push_back((folder / one.get<std::string>()).lexically_normal());
    }
    return Presets::find(folders).file(wanted, where);
  }

  JsonDocument read(const fs::path& file, const std::string& where) {
    std::error_code ignored;
    const fs::path real = fs::weakly_canonical(file, ignored);
    if (std::find(files_.begin(), files_.end(), real) != files_.end())
      throw usage_error(fmt::format("{} extends itself", file.string()), where,
                        "leave \"extends\" out of one of them");
    if (files_.size() == kMostExtended)
      throw usage_error(fmt::format("more than {} recipes extend one another", kMostExtended), where);
    if (!fs::exists(real, ignored))
      throw usage_error(fmt::format("the recipe {} is not there", file.string()), where,
                        "paths are relative to the recipe; `vernier presets` lists names");
    files_.push_back(real);
    source_.names.push_back(file.string());
    JsonDocument document = parse_json_document(read_recipe_text(file), file.string());
    if (!document.value.is_object())
      throw usage_error("a recipe is an object", fmt::format("{}:1:1", file.string()));
    return document;
  }

  RecipeSource& source_;
  std::vector<fs::path> files_;
};

}  // namespace

void make_paths_absolute(json& recipe, const fs::path& folder) {
  const auto each = [&](const char* part, const char* key) {
    if (json* found = object_at(recipe, part)) make_absolute(*found, key, folder);
  };
  each("model", "checkpoint");
  each("quantization", "from");
  each("runtime", "journal");
  if (json* plugins = object_at(recipe, "plugins"); plugins != nullptr && plugins->contains("search")) {
    for (json& path : (*plugins)["search"]) {
      if (path.is_string()) path = (folder / path.get_ref<const std::string&>()).lexically_normal().string();
    }
  }
  make_unit_absolute(recipe, folder);
  const auto units = recipe.find("units");
  if (units == recipe.end() || !units->is_array()) return;
  for (json& unit : *units) make_unit_absolute(unit, folder);
}

std::string read_recipe_text(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) throw usage_error("recipe not found", file.string(), "check the path");
  if (!fs::is_regular_file(file, error))
    throw usage_error("the recipe is not a file", file.string(), "name a JSON file");
  settle_around(file);
  std::ifstream stream(file, std::ios::binary);
  std::string text;
  char block[65536];
  while (text.size() <= kMaxJsonBytes && (stream.read(block, sizeof block) || stream.gcount() > 0))
    text.append(block, static_cast<size_t>(stream.gcount()));
  if (stream.bad() || !stream.is_open())
    throw usage_error("the recipe cannot be read", file.string(), "check its permissions");
  return text;
}

std::vector<fs::path> extend(json& value, RecipeSource& source, const fs::path& file) {
  Extending extending(source);
  JsonPlace root = std::move(source.root);
  extending.extend(value, root, file, 0);
  source.root = std::move(root);
  return extending.files();
}

}  // namespace vernier::core
