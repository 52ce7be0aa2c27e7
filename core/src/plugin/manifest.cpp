#include "plugin/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "plugin/entry_names.h"
#include "plugin/option_schema.h"
#include "text/json_schema.h"
#include "vernier/abi/draft/processor.h"
#include "vernier/abi/draft/program.h"
#include "vernier/core/error.h"

namespace vernier::core {

std::string_view manifest_schema_text();  // schemas/manifest.schema.json, embedded

namespace {

using nlohmann::json;

constexpr int kMaximumDepth = 40;

ComponentInfo component(const json& row) {
  ComponentInfo info;
  info.kind = row.at("kind").get<std::string>();
  info.name = row.at("name").get<std::string>();
  info.summary = row.value("summary", "");
  info.types = row.value("types", std::vector<std::string>{});
  for (const json& entry : row.value("entries", json::array())) {
    info.entries.push_back({entry.at("name").get<std::string>(),
                            entry.at("inputs").get<std::vector<std::string>>(),
                            entry.value("outputs", std::vector<std::string>{})});
  }
  info.config_keys = row.value("config_keys", std::vector<std::string>{});
  for (const json& one : row.value("smoke", json::array())) info.smoke.push_back(parse_smoke_case(one));
  info.options = row.value("options", json{{"type", "object"}, {"additionalProperties", false}});
  const json capabilities = row.value("capabilities", json::object());
  info.ops = capabilities.value("ops", std::vector<std::string>{});
  info.dtypes = capabilities.value("dtypes", std::vector<std::string>{});
  info.files = capabilities.value("files", std::vector<std::string>{});
  info.models = capabilities.value("models", std::vector<std::string>{});
  info.profile = capabilities.value("profile", "");
  info.format_profile = capabilities.value("format_profile", "");
  info.writes_sets = capabilities.value("sets", false);
  info.has_open_extents = capabilities.value("open_extents", false);
  info.writes_blocks = capabilities.value("blocks", false);
  info.takes_pieces = capabilities.value("pieces", false);
  info.has_independent_channels = capabilities.value("independent_channels", false);
  info.state = capabilities.value("state", "");
  info.granularities = capabilities.value("granularities", std::vector<std::string>{});
  return info;
}

// What the schema cannot say.
void check_component(const Manifest& manifest, const ComponentInfo& info) {
  if (info.kind == "wrapper" && (info.types.empty() || info.entries.empty())) {
    throw plugin_error(fmt::format("wrapper {} needs \"types\" and \"entries\"", info.name), manifest.id);
  }
  for (const EntryInfo& entry : info.entries) {
    for (const std::string& output : entry.outputs) {
      if (std::find(entry.inputs.begin(), entry.inputs.end(), output) != entry.inputs.end())
        throw plugin_error(fmt::format("entry {} of wrapper {} has an input and an output \"{}\"", entry.name,
                                       info.name, output),
                           manifest.id, "in a file each has a name of its own");
    }
    check_entry_names(entry, info.name, manifest.id);
  }
  check_smoke_cases(info, manifest.id);
  try {
    check_option_schema(info.options);
    validate_schema(info.options, json::object());
  } catch (const Error& error) {
    throw plugin_error(fmt::format("the options of {} {} are {}", info.kind, info.name, error.what()),
                       manifest.id);
  }
  int same = 0;
  for (const ComponentInfo& other : manifest.components)
    same += other.kind == info.kind && other.name == info.name;
  if (same > 1) throw plugin_error(fmt::format("{} {} is listed twice", info.kind, info.name), manifest.id);
}

// Which of two wrappers of one library serves a type cannot be told from outside, nor chosen in a recipe.
void check_types(const Manifest& manifest) {
  std::set<std::string> seen;
  for (const ComponentInfo& info : manifest.components) {
    for (const std::string& type : info.types) {
      if (!seen.insert(type).second)
        throw plugin_error(fmt::format("module type {} is listed twice", type), manifest.id);
    }
  }
}

}  // namespace

const EntryInfo* ComponentInfo::entry(std::string_view wanted) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const EntryInfo& one) { return one.name == wanted; });
  return found == entries.end() ? nullptr : &*found;
}

std::string abi_kind(const std::string& kind) {
  if (kind == "processor") return VERNIER_PROCESSOR_DRAFT;
  if (kind == "program") return VERNIER_PROGRAM_DRAFT;
  return "vernier." + kind + "/1";
}

Manifest parse_manifest(std::string_view text) {
  const auto bounded = [](int depth, json::parse_event_t, json&) {
    if (depth > kMaximumDepth) throw plugin_error("the manifest is nested too deeply");
    return true;
  };
  const json value = json::parse(text, bounded, /*allow_exceptions=*/false);
  if (value.is_discarded()) throw plugin_error("the manifest is not JSON");
  static const JsonSchema schema(json::parse(manifest_schema_text()));
  const auto violations = schema.validate(value);
  if (!violations.empty())
    throw plugin_error(fmt::format("the manifest does not fit its schema: {}", violations.front().what),
                       violations.front().pointer);

  Manifest manifest;
  manifest.id = value.at("id").get<std::string>();
  manifest.version = value.at("version").get<std::string>();
  manifest.license = value.at("license").get<std::string>();
  manifest.summary = value.value("summary", "");
  for (const json& row : value.at("components")) manifest.components.push_back(component(row));
  for (const ComponentInfo& info : manifest.components) check_component(manifest, info);
  check_types(manifest);
  return manifest;
}

}  // namespace vernier::core
