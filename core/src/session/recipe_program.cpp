#include "session/recipe_program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "calibration/samples_manifest.h"
#include "recipe/glob.h"
#include "text/quote.h"

namespace vernier::core {

namespace {

// Which units each export entry is for: those that its globs choose; without globs all that nobody chose.
class ExportedUnits {
 public:
  ExportedUnits(const Recipe& recipe, const Program& program)
      : recipe_(recipe), program_(program), chosen_by_(program.units.size()) {
    for (const RecipeExport& one : recipe.exports) {
      if (!one.globs.empty()) choose(one);
    }
    for (const RecipeExport& one : recipe.exports) {
      if (one.globs.empty()) take_rest(one);
    }
    refuse_missing();
  }

  [[nodiscard]] std::vector<size_t> of(const RecipeExport& entry) const {
    std::vector<size_t> units;
    for (size_t i = 0; i < chosen_by_.size(); ++i) {
      if (chosen_by_[i] == &entry) units.push_back(i);
    }
    return units;
  }

 private:
  void choose(const RecipeExport& entry) {
    for (size_t i = 0; i < entry.globs.size(); ++i) {
      const Glob glob(entry.globs[i]);
      const std::string where = recipe_.where(fmt::format("{}/units/{}", entry.pointer, i));
      bool has_any = false;
      for (size_t unit = 0; unit < program_.units.size(); ++unit) {
        if (!glob.matches(program_.units[unit].name)) continue;
        has_any = true;
        const RecipeExport*& by = chosen_by_[unit];
        if (by != nullptr && by != &entry)
          throw usage_error(fmt::format("unit {} is in two export entries", program_.units[unit].name), where,
                            "a folder has one file for each unit of its program");
        by = &entry;
      }
      if (!has_any)
        throw usage_error(fmt::format("no unit fits {}", in_quotes(entry.globs[i])), where,
                          "`vernier program` shows the units");
    }
  }
  void take_rest(const RecipeExport& entry) {
    bool has_any = false;
    for (const RecipeExport*& by : chosen_by_) {
      if (by != nullptr) continue;
      by = &entry;
      has_any = true;
    }
    if (!has_any)
      throw usage_error("no unit is left for this entry", recipe_.where(entry.pointer),
                        "remove it, or choose its units by \"units\"");
  }
  void refuse_missing() const {
    if (recipe_.exports.empty()) return;
    for (size_t i = 0; i < chosen_by_.size(); ++i) {
      if (chosen_by_[i] == nullptr)
        throw usage_error(fmt::format("unit {} is in no export entry", program_.units[i].name),
                          recipe_.where("/export"), "a folder has a file for each unit of its program");
    }
  }

  const Recipe& recipe_;
  const Program& program_;
  std::vector<const RecipeExport*> chosen_by_;  // by unit; null: nobody
};

std::string with_unit(std::string file, const std::string& unit) {
  constexpr std::string_view kPlace = "{unit}";
  for (size_t at = file.find(kPlace); at != std::string::npos; at = file.find(kPlace, at + unit.size()))
    file.replace(at, kPlace.size(), unit);
  return file;
}

std::optional<OpenExtent> open_extent(const ProgramUnit& unit) {
  if (unit.open.empty()) return std::nullopt;
  OpenExtent open{unit.open_name, {}};
  for (const OpenAxes& one : unit.open)
    open.axes[unit.inputs[one.input]] = std::vector<int64_t>(one.axes.begin(), one.axes.end());
  return open;
}

// One file of an export entry.
struct ExportedFile {
  std::string stem;
  std::vector<size_t> units;
};

// In the order of their first units. Units of a group that has one in this entry stay by themselves.
std::vector<ExportedFile> files_of(const RecipeExport& entry, const std::vector<size_t>& units,
                                   const Program& program) {
  std::map<std::string, std::vector<size_t>> groups;
  for (const size_t unit : units) {
    if (entry.is_by_group && !program.units[unit].group.empty())
      groups[program.units[unit].group].push_back(unit);
  }
  std::vector<ExportedFile> files;
  for (const size_t unit : units) {
    const auto group = groups.find(program.units[unit].group);
    if (group == groups.end() || group->second.size() == 1)
      files.push_back({program.units[unit].name, {unit}});
    else if (group->second.front() == unit)
      files.push_back({group->first, group->second});
  }
  return files;
}

void expand_exports(Recipe& recipe, const Program& program) {
  const ExportedUnits exported(recipe, program);
  std::vector<RecipeExport> all;
  std::map<std::string, std::string> stems;  // by file
  for (const RecipeExport& entry : recipe.exports) {
    const std::vector<ExportedFile> files = files_of(entry, exported.of(entry), program);
    const std::string where = recipe.where(entry.pointer + "/file");
    if (files.size() > 1 && entry.file.find("{unit}") == std::string::npos)
      throw usage_error(fmt::format("{} units would be named {}", files.size(), in_quotes(entry.file)), where,
                        "write {unit} into the name");
    for (const ExportedFile& file : files) {
      RecipeExport one = entry;
      one.units = file.units;
      one.file = with_unit(entry.file, file.stem);
      one.open = open_extent(program.units[file.units.front()]);  // a unit of a group has none
      one.verify.reset();                                         // the set is run as a whole
      const auto [other, is_new] = stems.emplace(one.file, file.stem);
      if (!is_new)
        throw usage_error(
            fmt::format("{} and {} would both be named {}", other->second, file.stem, in_quotes(one.file)),
            where, "give the entries files of different names");
      all.push_back(std::move(one));
    }
  }
  recipe.exports = std::move(all);
}

void expand_units(Recipe& recipe, const Program& program) {
  RecipeUnit whole = std::move(recipe.units.front());
  recipe.units.clear();
  for (const ProgramUnit& one : program.units) {
    RecipeUnit unit = whole;
    unit.name = one.name;
    unit.module = one.module;
    unit.entry = one.entry;
    unit.gates.clear();  // of the scores
    recipe.units.push_back(std::move(unit));
  }
}

void take_verify(const Recipe& recipe, RecipeProgram& program) {
  for (const RecipeExport& entry : recipe.exports) {
    if (!entry.verify) continue;
    if (program.verify)
      throw usage_error("two export entries say how the set is run", recipe.where(entry.pointer),
                        "give \"verify\" and \"gates\" to one of them");
    if (!entry.verify->options->empty())
      throw usage_error("options of an executor do not go with model.program",
                        recipe.where(entry.pointer + "/verify/options"), "leave them out");
    program.verify = entry.verify;
    program.verify_pointer = entry.pointer;
  }
}

void refuse_unserved(const Recipe& recipe, const Program& program) {
  const std::string where = recipe.where("/model/program");
  if (!program.generation)
    throw plugin_error(fmt::format("program {} makes no tokens", program.name), where,
                       "a recipe's program is evaluated by the scores of its \"generation\"")
        .with(VERNIER_UNIMPLEMENTED);
}

}  // namespace

nlohmann::json RecipeProgram::prompts() const {
  return prompts_json(calibration == nullptr ? nullptr : calibration->manifest(), evaluation->manifest());
}

uint64_t RecipeProgram::executed_samples(const Recipe& recipe) const {
  if (!verify || recipe.exports.empty()) return 0;
  return std::min(verify->samples ? static_cast<uint64_t>(*verify->samples) : UINT64_MAX,
                  evaluation->samples());
}

std::shared_ptr<RecipeProgram> open_recipe_program(Prepared& p, const std::string& architecture,
                                                   const nlohmann::json& config) {
  Recipe& recipe = p.recipe;
  const std::string where = recipe.where("/model/program");
  const auto place = [source = recipe.source](const std::string& pointer) {
    Recipe named;
    named.source = source;
    return named.where("/model/profile" + pointer);
  };
  ProgramRequest request{choose_program(*p.catalog, *recipe.model.program, architecture, where),
                         with_generation_config(config, recipe.model.checkpoint), recipe.where("/model"),
                         recipe.model.profile, place};
  MadeProgram made = make_program(*p.services, *p.hub, request);
  auto program = std::make_shared<RecipeProgram>(
      RecipeProgram{std::move(request), std::move(made), {}, {}, {}, {}, {}, {}, {}, {}, {}});
  refuse_unserved(recipe, program->made.program);
  program->whole = recipe.units.front();
  take_verify(recipe, *program);
  expand_exports(recipe, program->made.program);
  expand_units(recipe, program->made.program);
  return program;
}

void refuse_program(const Prepared& p, const std::string& command) {
  if (!p.program) return;
  throw usage_error(fmt::format("{} does not go with model.program yet", command),
                    p.recipe.where("/model/program"), "`vernier run` runs and checks the whole set");
}

Program remade(const RecipeProgram& program, HostServices& services, PluginHub& hub,
               const std::map<std::string, std::optional<int64_t>>& bindings) {
  ProgramRequest request = program.request;
  for (const auto& [key, value] : bindings) {
    if (!program.made.program.profile.contains(key)) continue;
    if (value)
      (*request.profile)[key] = *value;
    else
      request.profile->erase(key);
  }
  return make_program(services, hub, request).program;
}

}  // namespace vernier::core
