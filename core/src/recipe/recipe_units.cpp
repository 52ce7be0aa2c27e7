#include "recipe/recipe_units.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "recipe/json_schema.h"
#include "recipe/recipe_values.h"
#include "text/json_pointer.h"
#include "text/nearest.h"

namespace vernier::core {
namespace {

using nlohmann::json;

std::vector<std::string> names_of(const std::vector<RecipeUnit>& units) {
  std::vector<std::string> names;
  names.reserve(units.size());
  for (const RecipeUnit& one : units) names.push_back(one.name);
  return names;
}

// The place of a unit among `units`; nothing, and a finding, for another name. `among`: which these are.
std::optional<size_t> find_unit(const std::string& name, const std::vector<RecipeUnit>& units,
                                const char* among, const std::string& pointer, RecipeFindings& findings) {
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].name == name) return i;
  }
  const std::vector<std::string> names = names_of(units);
  const std::string close = did_you_mean(name, names);
  findings.add(pointer, fmt::format("no unit {} {}", quote(name), among),
               !close.empty()  ? close
               : names.empty() ? "this is the first unit"
                               : fmt::format("there are: {}", fmt::join(names, ", ")));
  return std::nullopt;
}

// Keys that a kind of inputs may have, must have.
void check_kind(const RecipeData& data, const std::string& pointer, RecipeFindings& findings) {
  const std::string kind = data.inputs->at("kind");
  const auto check = [&](const char* key, bool is_legal, bool is_needed) {
    const bool is_there = data.inputs->contains(key);
    if (is_needed && !is_there)
      findings.add(pointer + "/inputs", fmt::format("inputs of kind \"{}\" need \"{}\"", kind, key),
                   fmt::format("add \"{}\"", key));
    if (!is_legal && is_there)
      findings.add(append_pointer(pointer + "/inputs", key),
                   fmt::format("inputs of kind \"{}\" have no \"{}\"", kind, key), "remove it", true);
  };
  const bool is_synthetic = kind == "synthetic", is_fed = kind == "units";
  check("path", !is_synthetic && !is_fed, !is_synthetic && !is_fed);
  check("tensors", kind == "safetensors", false);
  check("inputs", is_synthetic, is_synthetic);
  check("seed", is_synthetic, false);
  check("from_units", true, is_fed);
  check("processor", kind == "prompts", kind == "prompts");
  check("options", kind == "prompts", false);
  check("lacking", kind == "prompts", false);
  check("column", kind == "prompts", false);
  check("skip", kind == "prompts", false);
  if (kind == "prompts" && data.inputs->contains("path")) {
    const std::string end = std::filesystem::path(data.inputs->at("path").get<std::string>()).extension();
    if (end != ".txt" && end != ".jsonl" && end != ".csv")
      findings.add(
          pointer + "/inputs/path", fmt::format("prompts are not read from {} files", quote(end)),
          "name a .jsonl file, a request a line, a .txt file, a text a line, or a .csv file with \"column\"");
  }
  if (is_synthetic && !data.samples)
    findings.add(pointer, "synthetic inputs need \"samples\"",
                 "add \"samples\", the number of samples to make");
}

// `before`: the units that may be named. `is_inherited`: its findings stand where it was written.
RecipeData read_data(const json& value, const std::string& pointer, bool is_inherited,
                     const std::vector<RecipeUnit>& before, RecipeFindings& findings) {
  RecipeData data{value["inputs"], std::nullopt, 1, {}};
  if (value.contains("samples")) data.samples = value["samples"];
  data.batch_size = value.value("batch_size", uint64_t{1});
  if (!is_inherited) check_kind(data, pointer, findings);
  if (!data.inputs->contains("from_units")) return data;
  const std::string fed = pointer + "/inputs/from_units";
  for (const auto& [input, source] : data.inputs->at("from_units").items()) {
    const std::string name = source.at("unit");
    if (is_inherited && std::ranges::find(before, name, &RecipeUnit::name) == before.end()) continue;
    if (const auto unit =
            find_unit(name, before, "stands before this", append_pointer(fed, input) + "/unit", findings)) {
      const json& output = source.at("output");
      data.from_units.push_back({input, *unit, output.is_string() ? 0 : output.get<size_t>(),
                                 output.is_string() ? output.get<std::string>() : std::string()});
    }
  }
  if (data.batch_size > 1)
    findings.add(pointer + "/batch_size", "inputs that come from units are not stacked",
                 "leave batch_size out");
  return data;
}

RecipeUnit read_unit(const json& value, const std::string& pointer, const std::map<std::string, Gate>& gates,
                     const std::vector<RecipeUnit>& before, RecipeFindings& findings) {
  RecipeUnit unit;
  unit.pointer = pointer;
  const bool is_borrowed = !value.contains("calibration");
  const json& calibration = value[is_borrowed ? "evaluation" : "calibration"];
  unit.calibration_pointer = pointer + (is_borrowed ? "/evaluation" : "/calibration");
  unit.calibration = read_data(calibration, unit.calibration_pointer, false, before, findings);
  unit.evaluation = read_data(value["evaluation"], pointer + "/evaluation",
                              value["evaluation"]["inputs"] == calibration["inputs"], before, findings);
  unit.gates = gates;
  return unit;
}

// The entry that the exports name; a run without "units" has one.
std::string only_entry(const json& exports, RecipeFindings& findings) {
  std::string entry = "forward";
  for (size_t i = 0; i < exports.size(); ++i) {
    const std::string one = exports[i].value("entry", "forward");
    if (i > 0 && one != entry)
      findings.add(append_pointer("/export", i) + "/entry",
                   fmt::format("two entries in one run: {} and {}", entry, one),
                   "make each a unit with samples of its own (\"units\"), and name it here (\"unit\")");
    if (i == 0) entry = one;
  }
  return entry;
}

bool has_program(const json& model) {
  const auto found = model.find("program");
  return found != model.end() && !(found->is_boolean() && !found->get<bool>());
}

void check_program_keys(const json& document, RecipeFindings& findings) {
  const json& model = document["model"];
  if (!has_program(model)) {
    if (model.contains("profile"))
      findings.add("/model/profile", "\"profile\" goes with \"program\"", "add \"program\": true", true);
    return;
  }
  const auto refuse = [&](const std::string& pointer, const char* key, const char* why, const char* hint) {
    findings.add(append_pointer(pointer, key),
                 fmt::format("\"{}\" does not go with model.program: {}", key, why), hint, true);
  };
  if (document.contains("units")) refuse("", "units", "the program says which units there are", "remove one");
  for (const char* key : {"module", "type"}) {
    if (model.contains(key) && model[key] != "")
      refuse("/model", key, "a program is of the whole model", "remove one of them");
  }
  for (const char* key : {"calibration", "evaluation"}) {
    if (!document.contains(key)) continue;
    const json& data = document[key];
    if (data.value("batch_size", uint64_t{1}) > 1)
      refuse(append_pointer("", key), "batch_size", "requests run one by one", "leave it out");
    if (!data.contains("inputs")) continue;
    const std::string kind = data["inputs"]["kind"];
    if (kind != "safetensors" && kind != "jsonl" && kind != "prompts")
      findings.add(append_pointer("", key) + "/inputs/kind",
                   fmt::format("inputs of kind \"{}\" do not go with model.program", kind),
                   "requests come from \"safetensors\", \"jsonl\" or \"prompts\"");
    if (data["inputs"].contains("lacking"))
      refuse(append_pointer("", key) + "/inputs", "lacking",
             "a request may lack what its program lets it lack", "leave it out");
  }
}

}  // namespace

void check_units(const json& document, RecipeFindings& findings) {
  check_program_keys(document, findings);
  const bool has_qparams = document.contains("quantization") && document["quantization"].contains("from");
  const auto lacks_samples = [&](const json& unit) {
    const bool has_evaluation = unit.contains("evaluation") && unit["evaluation"].contains("inputs");
    return !unit.contains("calibration") && !(has_qparams && has_evaluation);
  };
  const char* shapes =
      has_program(document["model"])
          ? "add it, or \"inputs\" to \"evaluation\": the program is evaluated on them"
          : "add it, or \"inputs\" to \"evaluation\": a file gets the shapes of the first sample";
  if (!document.contains("units")) {
    if (lacks_samples(document))
      findings.add("", "missing key \"calibration\"",
                   has_qparams ? shapes : "add the samples that observers see, or \"units\"");
    return;
  }
  for (size_t i = 0; i < document["units"].size(); ++i) {
    if (lacks_samples(document["units"][i]))
      findings.add(append_pointer("/units", i), "missing key \"calibration\"",
                   has_qparams ? shapes : "add the samples that observers see");
  }
  for (const char* key : {"calibration", "evaluation"}) {
    if (document.contains(key))
      findings.add(append_pointer("", key), fmt::format("\"{}\" does not go with \"units\"", key),
                   "give it to each unit", true);
  }
}

void read_units(Recipe& recipe, RecipeFindings& findings) {
  const json& all = recipe.effective;
  const auto gates = read_gates(all["gates"], "/gates", findings);
  recipe.has_units = all.contains("units");
  if (!recipe.has_units) {
    recipe.units.push_back(read_unit(all, "", gates, {}, findings));
    recipe.units.back().name = recipe.units.back().entry =
        recipe.model.program ? "program" : only_entry(all["export"], findings);
    return;
  }
  for (size_t i = 0; i < all["units"].size(); ++i) {
    const json& value = all["units"][i];
    const std::string pointer = append_pointer("/units", i);
    RecipeUnit unit = read_unit(value, pointer, gates, recipe.units, findings);
    unit.name = value["name"];
    unit.module = value["module"];
    unit.entry = value["entry"];
    for (auto& [metric, gate] : read_gates(value["gates"], pointer + "/gates", findings))
      unit.gates[metric] = gate;
    if (std::ranges::find(recipe.units, unit.name, &RecipeUnit::name) != recipe.units.end())
      findings.add(pointer + "/name", fmt::format("two units are named {}", quote(unit.name)),
                   "give each a name of its own");
    recipe.units.push_back(std::move(unit));
  }
}

std::vector<size_t> exported_units(const json& entry, const std::string& pointer, const Recipe& recipe,
                                   RecipeFindings& findings) {
  const auto refuse = [&](const char* key, std::string what, std::string hint) {
    findings.add(append_pointer(pointer, key), std::move(what), std::move(hint), true);
  };
  if (recipe.model.program) {
    for (const char* key : {"unit", "entry"}) {
      if (entry.contains(key))
        refuse(key, fmt::format("\"{}\" does not go with model.program", key),
               "choose units by \"units\", globs over their names");
    }
    return {};
  }
  if (!recipe.has_units) {
    for (const char* key : {"unit", "units"}) {
      if (entry.contains(key))
        refuse(key, "the recipe has no \"units\"", "remove it, or add \"units\" to the recipe");
    }
    return {0};
  }
  if (entry.contains("entry"))
    refuse("entry", "in a recipe with \"units\" a unit is exported", "name its \"unit\"");
  if (entry.contains("unit") && entry.contains("units"))
    refuse("unit", "\"unit\" does not go with \"units\"", "remove one of them");
  const json named = entry.contains("unit")    ? json::array({entry["unit"]})
                     : entry.contains("units") ? entry["units"]
                                               : json::array();
  std::vector<size_t> units;
  for (size_t i = 0; i < named.size(); ++i) {
    const std::string place =
        entry.contains("unit") ? pointer + "/unit" : append_pointer(pointer + "/units", i);
    const auto found = find_unit(named[i], recipe.units, "is in the recipe", place, findings);
    if (!found) continue;
    if (std::ranges::find(units, *found) != units.end())
      findings.add(place, fmt::format("unit {} stands twice in one file", quote(named[i])), "remove one");
    else
      units.push_back(*found);
  }
  if (named.empty() && recipe.units.size() == 1) return {0};
  if (named.empty())
    findings.add(pointer, "the entry names no unit",
                 fmt::format("add \"unit\", one of {}", fmt::join(names_of(recipe.units), ", ")));
  return units;
}

std::map<std::string, Gate> read_gates(const json& value, const std::string& pointer,
                                       RecipeFindings& findings) {
  std::map<std::string, Gate> gates;
  for (const auto& [metric, text] : value.items()) {
    const std::optional<Gate> gate = parse_gate(text.get_ref<const std::string&>());
    if (gate) {
      gates[metric] = *gate;
      gates[metric].pointer = append_pointer(pointer, metric);
    } else {
      findings.add(append_pointer(pointer, metric), fmt::format("{} is not a limit", quote(text)),
                   "write a comparison and a number, such as \"<= 0.01\"");
    }
  }
  return gates;
}

}  // namespace vernier::core
