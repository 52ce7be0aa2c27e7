#include "recipe/recipe_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "plugin/version_constraint.h"
#include "recipe/json_schema.h"
#include "recipe/recipe_units.h"
#include "recipe/recipe_values.h"
#include "tensor/qparams.h"
#include "text/json_pointer.h"

namespace vernier::core {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

SpecPatch read_patch(const json& value, const std::string& pointer, RecipeFindings& findings) {
  SpecPatch patch;
  if (value.contains("observer")) patch.observer = value["observer"];
  if (value.contains("dtype")) patch.dtype = DType::parse(value["dtype"].get_ref<const std::string&>());
  if (value.contains("scheme"))
    patch.scheme = value["scheme"] == "symmetric" ? VERNIER_SCHEME_SYMMETRIC : VERNIER_SCHEME_ASYMMETRIC;
  if (value.contains("granularity"))
    patch.granularity = value["granularity"] == "channel" ? VERNIER_GRANULARITY_CHANNEL
                        : value["granularity"] == "block" ? VERNIER_GRANULARITY_BLOCK
                                                          : VERNIER_GRANULARITY_TENSOR;
  if (value.contains("axis")) patch.axis = value["axis"];
  if (value.contains("block_size")) patch.block_size = value["block_size"];
  if (value.contains("options")) patch.options = value["options"];
  if (patch.dtype && !patch.dtype->is_signed() && patch.scheme == VERNIER_SCHEME_SYMMETRIC) {
    findings.add(pointer + "/scheme",
                 fmt::format("\"symmetric\" does not go with the unsigned dtype {}", patch.dtype->name()),
                 fmt::format("use \"asymmetric\", or the dtype {}",
                             DType(VERNIER_DTYPE_INT, patch.dtype->bits).name()));
  }
  const bool is_set = patch.granularity != VERNIER_GRANULARITY_UNSET;
  if (patch.axis && is_set && patch.granularity != VERNIER_GRANULARITY_CHANNEL) {
    findings.add(pointer + "/axis",
                 fmt::format("\"axis\" does not go with the granularity \"{}\"",
                             to_string(static_cast<Granularity>(patch.granularity))),
                 "remove it, or set \"granularity\": \"channel\"");
  }
  if (patch.block_size && is_set && patch.granularity != VERNIER_GRANULARITY_BLOCK) {
    findings.add(pointer + "/block_size",
                 fmt::format("\"block_size\" does not go with the granularity \"{}\"",
                             to_string(static_cast<Granularity>(patch.granularity))),
                 "remove it, or set \"granularity\": \"block\"");
  }
  return patch;
}

bool is_empty(const SpecPatch& patch) {
  return !patch.observer && !patch.dtype && !patch.axis && !patch.block_size && !patch.options &&
         patch.scheme == VERNIER_SCHEME_UNSET && patch.granularity == VERNIER_GRANULARITY_UNSET;
}

void read_quantization(const json& value, RecipeQuantization& quantization, RecipeFindings& findings) {
  const auto read_role = [&](const char* role) {
    const std::string pointer = append_pointer("/quantization", role);
    SpecPatch patch = read_patch(value[role], pointer, findings);
    if (patch.axis && patch.granularity == VERNIER_GRANULARITY_UNSET) {
      findings.add(pointer + "/axis", "\"axis\" needs the granularity \"channel\"",
                   "add \"granularity\": \"channel\"");
    }
    if (patch.block_size && patch.granularity == VERNIER_GRANULARITY_UNSET) {
      findings.add(pointer + "/block_size", "\"block_size\" needs the granularity \"block\"",
                   "add \"granularity\": \"block\"");
    }
    return patch;
  };
  quantization.activation = read_role("activation");
  quantization.weight = read_role("weight");
  if (value.contains("from")) quantization.from = value["from"].get_ref<const std::string&>();
  quantization.may_lose_weights = value["on_zero_codes"] == "warn";
  if (quantization.activation.granularity == VERNIER_GRANULARITY_CHANNEL && !quantization.activation.axis) {
    findings.add("/quantization/activation/granularity", "\"channel\" needs an axis for activations",
                 "add \"axis\", or use \"tensor\"");
  }
  if (quantization.activation.granularity == VERNIER_GRANULARITY_BLOCK) {
    findings.add("/quantization/activation/granularity", "activations have no blocks",
                 "use \"tensor\"; blocks are for weights");
  }
  for (size_t i = 0; i < value["rules"].size(); ++i) {
    const json& rule = value["rules"][i];
    const std::string pointer = append_pointer("/quantization/rules", i);
    quantization.rules.push_back(
        {rule["match"], read_patch(rule, pointer, findings), rule["allow_empty"], pointer});
    if (is_empty(quantization.rules.back().patch)) {
      findings.add(pointer, fmt::format("rule {} sets nothing", i + 1),
                   "give it at least one of observer, dtype, scheme, granularity, axis, block_size, options");
    }
  }
}

// A name that stays inside the output folder.
bool is_inside(const std::string& file) {
  const fs::path path(file);
  const fs::path normal = path.lexically_normal();
  return !path.is_absolute() && !path.has_root_name() && path.has_filename() && *normal.begin() != ".." &&
         normal != "." && path.filename() != "..";
}

void read_file_gates(const json& value, const std::string& pointer, GatePair pair,
                     std::vector<FileGate>& gates, RecipeFindings& findings) {
  json limits = json::object();
  for (const auto& [key, each] : value.items()) {
    if (each.is_string()) limits[key] = each;
  }
  for (const auto& [metric, gate] : read_gates(limits, pointer, findings))
    gates.push_back({pair, metric, gate, false, std::nullopt});
}

// The gates of its units are held by the file too: who limits the error means that of the model that is used.
std::optional<RecipeVerify> read_verify(const json& entry, const std::string& pointer, const Recipe& recipe,
                                        const std::vector<size_t>& units, RecipeFindings& findings) {
  const auto found = entry.find("verify");
  json limits = entry["gates"];
  for (const char* of_bytes : {"float_ops", "float_tensors"}) limits.erase(of_bytes);
  if (found == entry.end() && limits.empty()) return std::nullopt;
  RecipeVerify verify;
  verify.options = json::object();
  if (found != entry.end()) {
    verify.executor = found->value("executor", "");
    verify.options = (*found)["options"];
    if (found->contains("samples")) verify.samples = (*found)["samples"].get<int64_t>();
    if (found->contains("golden")) {
      verify.golden = (*found)["golden"].get<int64_t>();
      if (!recipe.model.program)
        findings.add(pointer + "/verify/golden", "a golden run is one of a program, and the recipe has none",
                     "leave it out, or give model.program", true);
    }
    read_file_gates((*found)["gates"], pointer + "/verify/gates", GatePair::kQuantizedToFile, verify.gates,
                    findings);
  }
  read_file_gates(limits, pointer + "/gates", GatePair::kFloatToFile, verify.gates, findings);
  for (const GatePair pair :
       {GatePair::kFloatToFile, GatePair::kQuantizedToFile, GatePair::kFloatToQuantized}) {
    if (limits.contains(to_string(pair)))
      read_file_gates(limits[to_string(pair)], fmt::format("{}/gates/{}", pointer, to_string(pair)), pair,
                      verify.gates, findings);
  }
  for (const size_t unit : units) {
    for (const auto& [metric, gate] : recipe.units[unit].gates)
      verify.gates.push_back({GatePair::kFloatToFile, metric, gate, /*over_all_outputs=*/true, unit});
  }
  return verify;
}

// "open" of an export entry; its schema lets one name through.
std::optional<OpenExtent> read_open(const json& entry, const std::string& pointer,
                                    const std::vector<size_t>& units, RecipeFindings& findings) {
  if (!entry.contains("open")) return std::nullopt;
  const auto named = entry["open"].begin();
  OpenExtent open{named.key(), {}};
  if (open.name.empty() || open.name.size() > 64)
    findings.add(append_pointer(pointer, "open"), "the name of an extent has 1 to 64 bytes",
                 "give it another", true);
  if (units.size() > 1)
    findings.add(append_pointer(pointer, "open"), "an open extent does not go with several units in one file",
                 "write a file for each unit", true);
  for (const auto& [input, axes] : named->items()) open.axes[input] = axes.get<std::vector<int64_t>>();
  return open;
}

// `true` or a name; `false` is no program.
void read_program(const json& model, RecipeModel& to) {
  const auto found = model.find("program");
  if (found == model.end() || *found == false) return;
  to.program = found->is_string() ? found->get<std::string>() : std::string();
  to.profile = model.value("profile", json::object());
}

// What the entries of a recipe with a program have besides, or lack.
void read_globs(const json& entry, const Recipe& recipe, RecipeExport& to, RecipeFindings& findings) {
  const bool is_template = to.file.find("{unit}") != std::string::npos;
  if (!recipe.model.program) {
    if (is_template)
      findings.add(append_pointer(to.pointer, "file"), "{unit} goes with model.program", "name the file");
    if (entry.value("files", "unit") != "unit")
      findings.add(append_pointer(to.pointer, "files"), "\"files\" goes with model.program",
                   "several units in one file: name them in \"units\"", true);
    return;
  }
  to.is_by_group = entry.value("files", "unit") == "group";
  to.globs = entry.value("units", std::vector<std::string>());
  if (!is_template && to.globs.size() != 1)
    findings.add(append_pointer(to.pointer, "file"), "the name lacks {unit}: each unit becomes a file",
                 "write for example \"{unit}.q.circle\", or choose one unit by \"units\"");
  if (entry.contains("open"))
    findings.add(append_pointer(to.pointer, "open"), "\"open\" does not go with model.program",
                 "the program says which extents of its units are open", true);
}

void read_exports(const json& value, Recipe& recipe, RecipeFindings& findings) {
  std::vector<RecipeExport>& exports = recipe.exports;
  std::set<std::string> seen = {"report.json", "report.html", "qparams.json", "recipe.effective.json"};
  for (size_t i = 0; i < value.size(); ++i) {
    const json& one = value[i];
    const std::string pointer = append_pointer(append_pointer("/export", i), "file");
    const std::string gates_pointer = append_pointer(append_pointer("/export", i), "gates");
    const auto gate_of_bytes = [&](const char* key) -> std::optional<Gate> {
      const json& limits = one["gates"];
      if (!limits.contains(key)) return std::nullopt;
      const auto read = read_gates({{key, limits[key]}}, gates_pointer, findings);
      return read.empty() ? std::nullopt : std::optional(read.begin()->second);
    };
    const std::vector<size_t> units = exported_units(one, append_pointer("/export", i), recipe, findings);
    exports.push_back({one["backend"], units, one["file"], one.value("profile", ""), one["fixed_qparams"],
                       one["options"], gate_of_bytes("float_ops"), gate_of_bytes("float_tensors"),
                       read_verify(one, append_pointer("/export", i), recipe, units, findings),
                       read_open(one, append_pointer("/export", i), units, findings),
                       append_pointer("/export", i)});
    read_globs(one, recipe, exports.back(), findings);
    const std::string& file = exports.back().file;
    if (!is_inside(file)) {
      findings.add(pointer, fmt::format("{} leads out of the output folder", quote(file)),
                   "give a name relative to the output folder; --out chooses the folder");
    } else if (file.find("{unit}") == std::string::npos &&
               !seen.insert(fs::path(file).lexically_normal().string()).second) {
      findings.add(
          pointer, fmt::format("two files would be named {}", quote(file)),
          "give each export a name of its own; the host writes report.json, report.html, qparams.json and "
          "recipe.effective.json");
    }
  }
}

void read_runtime(const json& value, RecipeRuntime& runtime, RecipeFindings& findings) {
  runtime.seed = value["seed"];
  runtime.threads = value["threads"];
  runtime.strict = value["strict"];
  if (value.contains("isolate")) runtime.isolate = value["isolate"].get<bool>();
  runtime.trace_timeout = value["trace_timeout"];
  if (value.contains("journal")) runtime.journal = value["journal"].get_ref<const std::string&>();
  if (!value.contains("max_memory")) return;
  const json& size = value["max_memory"];
  std::optional<uint64_t> bytes;
  if (size.is_string())
    bytes = parse_memory_size(size.get_ref<const std::string&>());
  else if (size.is_number_unsigned() && size != 0)
    bytes = size.get<uint64_t>();
  else
    bytes = memory_bytes(size.get<double>());
  if (bytes && *bytes <= kMostMemory) {
    runtime.max_memory = *bytes;
  } else if (bytes) {
    findings.add("/runtime/max_memory",
                 fmt::format("{} is 2^63 bytes or more, which no computer has", quote(size)),
                 "write what the run may take, such as \"8GiB\", or leave it out: no limit");
  } else {
    findings.add("/runtime/max_memory", fmt::format("{} is not an amount of memory", quote(size)),
                 "write a number and a unit, such as \"8GiB\" or \"512MiB\"");
  }
}

}  // namespace

void read_recipe(Recipe& recipe, RecipeFindings& findings) {
  const json& all = recipe.effective;
  const json& model = all["model"];
  recipe.model = {fs::path(model["checkpoint"].get_ref<const std::string&>()),
                  model["module"],
                  model.value("type", ""),
                  model.value("config", json::object()),
                  std::nullopt,
                  json::object()};
  read_program(model, recipe.model);
  for (const json& path : all["plugins"]["search"])
    recipe.plugins.search.emplace_back(path.get_ref<const std::string&>());
  for (size_t i = 0; i < all["plugins"]["require"].size(); ++i) {
    const json& one = all["plugins"]["require"][i];
    recipe.plugins.require.push_back({one["id"], one["version"]});
    if (!VersionConstraint::parse(recipe.plugins.require.back().version)) {
      findings.add(append_pointer("/plugins/require", i) + "/version",
                   fmt::format("{} is not a version constraint", quote(one["version"])),
                   "write for example \">=1.0\", \">=1.0 <2\", \"^1.2\" or \"1.2.x\"");
    }
  }
  read_quantization(all["quantization"], recipe.quantization, findings);
  recipe.stages = all["stages"];
  for (size_t i = 0; i < recipe.stages->size(); ++i) {
    findings.add(append_pointer("/stages", i) + "/stage",
                 fmt::format("unknown stage {}", quote(recipe.stages->at(i).at("stage"))),
                 "this version of vernier has no stages");
  }
  read_units(recipe, findings);
  read_exports(all["export"], recipe, findings);
  read_runtime(all["runtime"], recipe.runtime, findings);
}

}  // namespace vernier::core
