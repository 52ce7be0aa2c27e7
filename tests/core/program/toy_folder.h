// The fixture ToyDecoder as a folder of Circle files, a unit each.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/program/toy_fixture.h"
#include "program/generate.h"
#include "program/program_folder.h"

namespace vernier::core::testing {

// The files are made once for all tests, which copy their folder.
class ToyFolder : public Toy {
 protected:
  ToyFolder() {
    if (made() == nullptr) make();
    for (const char* name : kParts)
      std::filesystem::copy(
          made()->path() / name, folder_ / name,
          std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing);
    recipe_ = read_json(folder_ / "recipe.json");
    recipe_["model"]["checkpoint"] = (folder_ / "checkpoint").string();
    for (json& unit : recipe_["units"])
      unit["calibration"]["inputs"]["path"] =
          (folder_ / "samples" / (unit["name"].get<std::string>() + ".safetensors")).string();
  }
  static void TearDownTestSuite() { made().reset(); }

  // Calibrates each unit on what it saw in float runs of all prompts, and exports it.
  void make() {
    const Program program = program_of(toy_document());
    std::map<std::string, std::map<std::string, Tensor>> samples;  // by unit
    {
      Model model(options());
      EntryUnits units(program, *model.p.services, *model.p.tree, *model.device, Reading::kFloat);
      std::map<size_t, int> seen;
      ProgramRun run(program, units, RunControl::none(), [&](const UnitCall& call) {
        const ProgramUnit& unit = program.units[call.unit];
        for (size_t i = 0; i < unit.inputs.size(); ++i)
          samples[unit.name][unit.inputs[i] + "." + std::to_string(seen[call.unit])] = call.inputs[i];
        ++seen[call.unit];
      });
      for (const std::vector<int32_t>& prompt : prompts())
        (void)generate(run, program, request(prompt), {8, {}});
    }
    recipe_.erase("calibration");
    recipe_["quantization"] = {{"activation", {{"dtype", "int16"}}}, {"weight", {{"dtype", "int8"}}}};
    for (const ProgramUnit& unit : program.units) {
      const std::filesystem::path file = folder_ / "samples" / (unit.name + ".safetensors");
      test::write_tensors(file, samples.at(unit.name));
      recipe_["units"].push_back(
          {{"name", unit.name},
           {"module", unit.module},
           {"entry", unit.entry},
           {"calibration", {{"inputs", {{"kind", "safetensors"}, {"path", file.string()}}}}},
           {"evaluation", {{"samples", 1}}}});
      recipe_["export"].push_back(
          {{"backend", "circle"}, {"unit", unit.name}, {"file", unit.name + ".circle"}, {"profile", "none"}});
    }
    (void)vernier::core::run(options());
    made() = std::make_unique<test::TempFolder>();
    for (const char* name : kParts)
      std::filesystem::copy(folder_ / name, made()->path() / name, std::filesystem::copy_options::recursive);
  }

  [[nodiscard]] std::filesystem::path run_folder() const { return folder_ / "run"; }
  static std::map<std::string, WrittenUnit> written(const Program& program) {
    std::map<std::string, WrittenUnit> result;
    for (const ProgramUnit& unit : program.units) result[unit.name] = {unit.name + ".circle", "circle", ""};
    return result;
  }
  [[nodiscard]] Program with_toy_files(Prepared& p, const json& document) const {
    const Program program = program_of(document);
    return with_files(program, run_folder(), written(program), {}, *p.services, *p.hub);
  }

 private:
  static constexpr const char* kParts[] = {"recipe.json", "checkpoint", "samples", "run"};
  static std::unique_ptr<test::TempFolder>& made() {
    static std::unique_ptr<test::TempFolder> folder;
    return folder;
  }
};

}  // namespace vernier::core::testing
