#include "session/program_export.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "checkpoint/checkpoint.h"
#include "file/atomic_file.h"
#include "file/mapped_file.h"
#include "program/program_folder.h"
#include "program/read_program.h"
#include "session/gates.h"
#include "session/pipeline.h"
#include "session/program_tables.h"
#include "session/recipe_program.h"
#include "vernier/core/error.h"

namespace vernier::core {

namespace {

// By the names that they have beside models of transformers.
constexpr const char* kBeside[] = {
    "tokenizer.json",     "tokenizer_config.json",  "special_tokens_map.json",  "chat_template.jinja",
    "chat_template.json", "generation_config.json", "preprocessor_config.json", "processor_config.json"};

void write_all(const std::filesystem::path& to, std::string_view text) {
  AtomicFile file(to);
  file.write(text);
  file.commit(AtomicFile::Names::kLater);
}

std::string format_of(const std::string& file) {
  const std::string end = std::filesystem::path(file).extension().string();
  for (const char* format : {"circle", "tflite", "onnx"}) {
    if (end == std::string(".") + format) return format;
  }
  throw usage_error(fmt::format("{} names no format of a program's files", file), "",
                    "end it with .circle, .tflite or .onnx");
}

std::map<std::string, WrittenUnit> written_units(const Recipe& recipe) {
  std::map<std::string, WrittenUnit> written;
  for (const RecipeExport& one : recipe.exports) {
    for (const size_t unit : one.units) {
      const std::string& name = recipe.units[unit].name;
      written[name] = {one.file, format_of(one.file), one.units.size() > 1 ? name : std::string()};
    }
  }
  return written;
}

}  // namespace

Program make_program_folder(Pipeline& run, const OutputFile& file, std::vector<StoredFile>& stored) {
  const Recipe& recipe = run.p.recipe;
  const std::filesystem::path folder = file(kProgramFile).parent_path();
  const std::string& executor = run.p.program->verify ? run.p.program->verify->executor : std::string();
  const std::map<std::string, std::string> tables = write_tables(run, file, stored);
  Program program = with_files(run.p.program->made.program, folder, written_units(recipe), tables,
                               *run.p.services, *run.p.hub, executor);
  for (const char* name : kBeside) {
    const std::filesystem::path from = checkpoint_folder(recipe.model.checkpoint) / name;
    std::error_code error;
    if (!std::filesystem::is_regular_file(from, error)) continue;
    const auto mapped = MappedFile::open(from);
    const auto bytes = mapped->bytes();
    write_all(file(name), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    program.files.push_back(program_file(folder, name));
  }
  return program;
}

void write_program_document(const Program& program, const OutputFile& file) {
  write_all(file(kProgramFile), program_json(program).dump(1) + "\n");
}

nlohmann::json program_report(const Pipeline& run) {
  using nlohmann::json;
  const RecipeProgram& recipe = *run.p.program;
  json ties = json::array(), units = json::array();
  for (const BoundaryTie& one : recipe.ties)
    ties.push_back({{"owner", one.owner}, {"sites", one.sites}, {"buffers", one.buffers}});
  for (size_t i = 0; i < run.units.size(); ++i) {
    json row = run.units[i]->to_json();
    row["calls"] = run.units[i]->calibration->samples();
    row["samples"] = recipe.reached_by.empty() ? 0 : recipe.reached_by[i];
    units.push_back(std::move(row));
  }
  return {{"name", recipe.made.name}, {"plugin", recipe.made.plugin}, {"profile", *recipe.request.profile},
          {"ties", std::move(ties)},  {"units", std::move(units)},    {"evaluation", nullptr},
          {"executed", nullptr}};
}

Error program_error(const Pipeline& run, const nlohmann::json& executed, const std::filesystem::path& out) {
  std::vector<Diagnostic> diagnostics;
  const std::string hint =
      fmt::format("no model file was written; {} tells more", (out / "report.json").string());
  for (const auto& gate : executed.at("gates")) {
    if (gate.at("met").get<bool>()) continue;
    diagnostics.push_back({fmt::format("the program's files: gate {} was not met: {}", describe_gate(gate),
                                       gate.at("value").dump()),
                           run.p.recipe.where(gate.at("pointer").get<std::string>()), hint});
  }
  if (diagnostics.empty()) {
    const auto& pair = executed.at("quantized_to_file");
    diagnostics.push_back(
        {fmt::format("the program's files give {} of {} tokens that the fake-quant run gives",
                     pair.at("same_tokens").dump(), pair.at("tokens").dump()),
         run.p.recipe.where(run.p.program->verify_pointer), hint});
  }
  return Error(ErrorKind::kGate, std::move(diagnostics));
}

}  // namespace vernier::core
