// `vernier run`: calibrate, convert, evaluate, capture, export, account. Files appear together at the very
// end.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <set>

#include "file/file_stream.h"
#include "file/mapped_file.h"
#include "file/output_folder.h"
#include "graph/to_json.h"
#include "program/program_folder.h"
#include "report/html/page.h"
#include "report/site_statistics.h"
#include "report/verdict.h"
#include "session/captured_graphs.h"
#include "session/consumer.h"
#include "session/evaluate.h"
#include "session/export_set.h"
#include "session/gates.h"
#include "session/output_check.h"
#include "session/pipeline.h"
#include "session/program_evaluation.h"
#include "session/program_export.h"
#include "session/program_statistics.h"
#include "session/recipe_program.h"
#include "session/run_report.h"
#include "session/run_sensitivity.h"
#include "session/sample_warnings.h"
#include "session/saved_outputs.h"
#include "session/verify_file.h"
#include "tensor/memory_blocks.h"
#include "vernier/core/shown_text.h"

namespace vernier::core {

namespace {

// Everything that a run writes, and what its report needs to know of it.
struct Outputs {
  explicit Outputs(const Pipeline& run)
      : shown(output_folder(run.options, run.p.recipe)),
        check(check_outputs(run.options, run.p.recipe, *run.p.catalog)),
        folder(shown, run.p.recipe.file) {}

  void write(const std::string& name, const std::string& text) {
    AtomicFile file(folder.file(name));
    file.write(text);
    file.commit(AtomicFile::Names::kLater);
  }
  // Not made into one text first: the scales of a large table have megabytes of digits.
  void write(const std::string& name, const nlohmann::json& value, int indent) {
    AtomicFile file(folder.file(name));
    FileStream stream(file);
    stream.get() << std::setw(indent) << value << '\n' << std::flush;
    file.commit(AtomicFile::Names::kLater);
  }

  std::filesystem::path shown;  // as the user knows the folder
  OutputCheck check;
  OutputFolder folder;
  std::vector<std::string> models;                   // exports and their companions
  nlohmann::json exports = nlohmann::json::array();  // rows of the report
  nlohmann::json verify = nlohmann::json::array();   // likewise
  nlohmann::json units = nlohmann::json::array();    // likewise
  std::vector<StoredFile> stored;
  nlohmann::json program;  // likewise; null: the recipe has none
};

// What the report says of an export before anything is held to it.
nlohmann::json export_row(const Recipe& recipe, size_t exported, const CapturedGraphs& captured,
                          uint64_t bytes) {
  const RecipeExport& wanted = recipe.exports[exported];
  std::vector<std::string> names, entries;
  uint64_t nodes = 0, saturated = 0;
  for (const size_t unit : wanted.units) {
    names.push_back(recipe.units[unit].name);
    entries.push_back(recipe.units[unit].entry);
    nodes += captured.of(exported, unit).graph().nodes.size();
    saturated += captured.of(exported, unit).saturated_biases();
  }
  return {
      {"backend", wanted.backend}, {"units", names},   {"entry", fmt::format("{}", fmt::join(entries, ", "))},
      {"file", wanted.file},       {"bytes", bytes},   {"nodes", nodes},
      {"profile", nullptr},        {"float", nullptr}, {"saturated_biases", saturated}};
}

// Every export of the recipe, complete in the stage.
void export_all(Pipeline& run, const CapturedGraphs& captured, Outputs& outputs) {
  for (size_t i = 0; i < run.p.recipe.exports.size(); ++i) {
    const RecipeExport& wanted = run.p.recipe.exports[i];
    const auto approve = [&](const std::string& name) {
      const std::filesystem::path companion = std::filesystem::path(wanted.file).replace_filename(name);
      outputs.check.add_output(companion, "the companion file",
                               run.p.recipe.where(run.p.recipe.exports[i].pointer + "/file"));
      (void)outputs.folder.file(companion.string());
      outputs.models.push_back(companion.string());
    };
    run.say(fmt::format("writing {} with backend {}", wanted.file, wanted.backend));
    outputs.models.push_back(wanted.file);
    std::vector<NamedGraph> graphs;
    for (const size_t unit : wanted.units)
      graphs.push_back({run.p.recipe.units[unit].name, &captured.of(i, unit)});
    const auto files = export_set(*run.p.services, run.p.hub->backend(wanted.backend), wanted.options->dump(),
                                  graphs, outputs.folder.file(wanted.file), approve);
    outputs.exports.push_back(export_row(run.p.recipe, i, captured, files->bytes()));
    if (wanted.open) outputs.exports.back()["open"] = run.open_inputs(i).to_json();
    files->commit();
  }
}

// Each file against the consumer that it is for, in the stage.
void hold_all(const Pipeline& run, Outputs& outputs) {
  for (size_t i = 0; i < run.p.recipe.exports.size(); ++i) {
    const std::filesystem::path file = outputs.folder.file(run.p.recipe.exports[i].file);
    outputs.exports[i]["float"] = hold_to_float_gates(MappedFile::open(file)->bytes(), run.p.recipe, i);
    if (run.p.profiles[i])
      outputs.exports[i]["profile"] = hold_to_profile(file, *run.p.profiles[i], run.control());
  }
}

// What the files hold, read from their bytes before they get their names.
void read_back(const Pipeline& run, Outputs& outputs) {
  for (const RecipeExport& wanted : run.p.recipe.exports) {
    const std::filesystem::path file = outputs.folder.file(wanted.file);
    if (auto parameters = stored_parameters(file, *run.p.tree))
      outputs.stored.push_back({file.filename().string(), std::move(*parameters)});
  }
}

// Runs each file whose export entry asks for it, in the stage. One that does not fit its consumer is not run:
// an executor that refuses it would hide why.
void verify_all(Pipeline& run, const CapturedGraphs& captured, Outputs& outputs) {
  for (size_t i = 0; i < run.p.recipe.exports.size(); ++i) {
    const RecipeExport& wanted = run.p.recipe.exports[i];
    if (!wanted.verify || !fits_profile(outputs.exports[i])) continue;
    run.say(fmt::format("running {}", wanted.file));
    VerifyJob job{outputs.folder.file(wanted.file), wanted.file, wanted.verify->executor,
                  wanted.verify->options,           {},          wanted.verify->gates};
    if (wanted.open) job.open = &run.open_inputs(i);
    if (wanted.verify->samples) job.samples = static_cast<uint64_t>(*wanted.verify->samples);
    for (const size_t unit : wanted.units) {
      if (wanted.units.size() > 1) job.choose(run.p.recipe.units[unit].name);
      outputs.verify.push_back(verify_file(run, *run.units[unit], captured.of(i, unit), job));
    }
  }
}

void export_and_verify(Pipeline& run, const std::vector<Graph>& recorded, Outputs& outputs) {
  const CapturedGraphs captured(run, recorded);
  nlohmann::json& rows = run.p.program ? outputs.program["units"] : outputs.units;
  for (size_t i = 0; i < recorded.size(); ++i) {
    if (const CapturedGraph* first = captured.first_of(i))
      rows[i]["graph"] = outline(first->graph());
    else
      rows[i]["graph"] = outline(
          CapturedGraph(recorded[i], *run.p.tree, *run.device, {}, run.control(), run.kept_codes.get())
              .graph());
  }
  export_all(run, captured, outputs);
  hold_all(run, outputs);
  read_back(run, outputs);
  if (run.p.program) return;  // the set is run as a whole
  run.times.start("verify");
  verify_all(run, captured, outputs);
}

// The files of a program's units become its folder, which is run in the stage.
void finish_program(Pipeline& run, ProgramEvaluation& evaluation, Outputs& outputs) {
  std::set<std::string> known;
  const auto file = [&](const std::string& name) {
    if (known.insert(name).second) {
      outputs.check.add_output(name, "the program's file", run.p.recipe.where("/model/program"));
      outputs.models.push_back(name);
    }
    return outputs.folder.file(name);
  };
  Program program = make_program_folder(run, file, outputs.stored);
  run.times.start("verify");
  if (run.p.program->verify && fits_profiles(outputs.exports)) {
    run.say("running the program's files");
    const std::filesystem::path folder = file(kProgramFile).parent_path();
    outputs.program["executed"] = evaluation.execute(program, folder, file);
  }
  write_program_document(program, file);
}

// What the fake-quant run says of all units.
struct Judged {
  std::vector<Evaluation> units;
  Metrics metrics;
  std::vector<GateResult> gates;
  JsonValue sites;  // what happens at them; null until somebody asks the collector
};

void write_outputs(const Pipeline& run, const std::filesystem::path& path, const Judged& judged,
                   const std::optional<ProgramEvaluation>& program) {
  if (program)
    program->write_outputs(path);
  else
    write_unit_outputs(path, run.units, judged.units);
}

void evaluate_anew(Pipeline& run, StatisticsCollector& statistics, Judged& judged) {
  for (const auto& unit : run.units) {
    run.say(fmt::format("evaluating {}on {} samples", run.units.size() == 1 ? "" : unit->recipe->name + " ",
                        unit->evaluation->samples()));
    const EvaluationOptions options{run.options.save_outputs, &statistics, &judged.metrics,
                                    run.memory_plan.limits, [&run] { run.check_limits(); }};
    judged.units.push_back(evaluate(*unit, options, run.control()));
  }
  MemoryBlocks::of_process().release();
}

Judged evaluate_all(Pipeline& run, StatisticsCollector& statistics, Outputs& outputs) {
  Judged judged;
  run.times.start("evaluate");
  if (std::optional<EvaluationAccount> kept = run.kept_evaluation()) {
    for (EvaluationAccount::OfUnit& one : kept->units)
      judged.units.push_back({one.metrics, one.samples, std::move(one.per_sample), {}, {}});
    judged.metrics = kept->total;
    judged.sites = std::move(kept->sites);
  } else {
    evaluate_anew(run, statistics, judged);
  }
  for (size_t i = 0; i < run.units.size(); ++i) {
    for (GateResult& gate : judge(run.p.recipe, *run.units[i]->recipe, judged.units[i].metrics))
      judged.gates.push_back(std::move(gate));
    outputs.units.push_back(unit_row(*run.units[i], judged.units[i]));
    if (run.given) outputs.units.back()["samples"]["calibration"] = 0;
  }
  return judged;
}

// The program's one row among the units: it is evaluated as a whole.
Judged evaluate_program(Pipeline& run, ProgramEvaluation& evaluation, StatisticsCollector& statistics,
                        Outputs& outputs) {
  run.times.start("evaluate");
  run.say("evaluating the program");
  observe_program(run, statistics);
  evaluation.evaluate(&statistics);
  Judged judged;
  judged.metrics = evaluation.metrics();
  judged.gates = evaluation.gates();
  outputs.program["evaluation"] = evaluation.to_json();
  outputs.units.push_back(
      {{"name", run.p.program->made.name},
       {"module", ""},
       {"entry", "program"},
       {"samples",
        {{"calibration", run.p.program->calibration_samples()}, {"evaluation", evaluation.samples()}}},
       {"metrics", judged.metrics.to_json()},
       {"graph", nullptr}});
  nlohmann::json prompts = run.p.program->prompts();
  if (!prompts.is_null()) outputs.units.back()["prompts"] = std::move(prompts);
  MemoryBlocks::of_process().release();
  return judged;
}

// Of an evaluation that was made here.
void keep_evaluation(Pipeline& run, const Judged& judged) {
  EvaluationAccount account;
  for (const Evaluation& one : judged.units)
    account.units.push_back({one.metrics, one.samples, one.per_sample});
  account.total = judged.metrics;
  account.sites = judged.sites;
  run.keep_evaluation(account);
}

// What happens at the sites, unless an earlier evaluation told it.
void tell_sites(Pipeline& run, StatisticsCollector& statistics, Judged& judged) {
  run.times.start("report");
  const bool is_new = judged.sites->is_null();
  if (is_new) judged.sites = statistics.to_json();
  const bool is_full = run.options.measures_sensitivity;
  if (!is_new && !is_full && judged.sites->contains("costs")) return;
  run.times.start("sensitivity");
  if (is_full) run.say("measuring what each site costs");
  (*judged.sites)["costs"] = site_costs(run, judged.sites->at("sites"), is_full);
  run.times.start("report");
  keep_evaluation(run, judged);
}

nlohmann::json write_account(Pipeline& run, Outputs& outputs, const Judged& judged) {
  const Recipe& recipe = run.p.recipe;
  nlohmann::json report = report_json(run.p, {judged.metrics, outputs.units, judged.gates, outputs.exports,
                                              run.times, outputs.stored, outputs.verify, judged.sites});
  report.update({{"journal", *run.journal}, {"qparams_from", run.given_json()}});
  report["predicted_seconds"] = run.predicted_seconds;
  if (!outputs.program.is_null()) report["program"] = outputs.program;
  report["memory"].update(run.memory_plan.to_json());
  for (nlohmann::json& row : sample_warnings(recipe, run.units, run.p.program.get(), outputs.program))
    report["warnings"].push_back(std::move(row));
  report["verdict"] = verdict_json(report, !judged.metrics.is_empty(), checkpoint_bytes(*run.p.tree));
  report = with_valid_text(std::move(report));  // paths are any bytes
  outputs.write("qparams.json", qparams_json(*run.p.tree), 1);
  outputs.write("recipe.effective.json", with_valid_text(*recipe.effective), 2);
  outputs.write("report.json", report, 1);
  outputs.write("report.html", html::page(report, recipe.effective));
  return report;
}

bool program_holds(const nlohmann::json& program) {
  return program.is_null() || program.at("executed").is_null() ||
         ProgramEvaluation::holds(program.at("executed"));
}

// The set as it is when all gates are met; else its account alone, and a word on what became of the earlier
// set.
void put_in_place(Pipeline& run, Outputs& outputs, bool is_complete) {
  if (!is_complete) {
    for (const std::string& model : outputs.models) outputs.folder.drop(model);
  }
  const std::filesystem::path kept = outputs.folder.commit(is_complete);
  if (!kept.empty()) run.say(fmt::format("the files of the earlier run are kept in {}", kept.string()));
}

}  // namespace

RunResult run_to_verdict(const SessionOptions& options) {
  Pipeline run(options);
  const Recipe& recipe = run.p.recipe;
  if (options.measures_sensitivity) refuse_program(run.p, "`vernier run --sensitivity`");
  Outputs outputs(run);
  run.refuse_early();
  run.calibrate();
  std::vector<Graph> recorded;
  if (!recipe.exports.empty()) recorded = run.capture_for_export();

  StatisticsCollector statistics(*run.p.tree, *run.device, *run.p.pool, run.control());
  std::optional<ProgramEvaluation> program;
  if (run.p.program) {
    outputs.program = program_report(run);
    program.emplace(run);
  }
  Judged judged =
      program ? evaluate_program(run, *program, statistics, outputs) : evaluate_all(run, statistics, outputs);
  const bool gates_met = all_met(judged.gates);

  run.times.start("export");
  if (gates_met && !recipe.exports.empty()) {
    export_and_verify(run, recorded, outputs);
    if (program) finish_program(run, *program, outputs);
  }

  tell_sites(run, statistics, judged);
  run.times.stop();
  run.keep_times();
  RunResult result{outputs.shown, write_account(run, outputs, judged), std::nullopt};
  if (options.save_outputs) write_outputs(run, outputs.folder.file("outputs.safetensors"), judged, program);
  run.control().check();
  const bool files_fit = fits_profiles(outputs.exports);
  const bool files_hold =
      std::all_of(outputs.verify.begin(), outputs.verify.end(), verified) && program_holds(outputs.program);
  put_in_place(run, outputs, gates_met && files_fit && files_hold);
  if (!gates_met)
    result.not_met = gate_error(recipe, judged.gates, outputs.shown);
  else if (!files_fit)
    result.not_met = profile_error(recipe, outputs.exports, outputs.shown);
  else if (!files_hold)
    result.not_met = program ? program_error(run, outputs.program.at("executed"), outputs.shown)
                             : verify_error(recipe, outputs.verify, outputs.shown);
  return result;
}

RunResult run(const SessionOptions& options) {
  RunResult result = run_to_verdict(options);
  if (result.not_met) throw Error(*result.not_met);
  return result;
}

}  // namespace vernier::core
