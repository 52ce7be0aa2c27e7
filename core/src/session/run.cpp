// `vernier run`: calibrate, convert, evaluate, capture, export, account. Files appear together at the very
// end.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "checkpoint/safetensors_writer.h"
#include "graph/to_json.h"
#include "report/html/page.h"
#include "report/site_statistics.h"
#include "session/evaluate.h"
#include "session/exporter.h"
#include "session/gates.h"
#include "session/output_check.h"
#include "session/pipeline.h"
#include "session/run_report.h"
#include "session/verify_file.h"

namespace vernier::core {

namespace {

// Every export of the recipe, complete but not yet under its name. Returns the report's rows.
nlohmann::json export_all(Pipeline& run, const CapturedGraph& captured, const std::filesystem::path& out,
                          OutputCheck& check, std::vector<std::unique_ptr<SinkFiles>>& files) {
  nlohmann::json rows = nlohmann::json::array();
  for (size_t i = 0; i < run.p.recipe.exports.size(); ++i) {
    const RecipeExport& wanted = run.p.recipe.exports[i];
    const auto approve = [&](const std::string& name) {
      check.add_output(std::filesystem::path(wanted.file).replace_filename(name), "the companion file",
                       run.p.recipe.where(fmt::format("/export/{}/file", i)));
    };
    run.say(fmt::format("writing {} with backend {}", wanted.file, wanted.backend));
    files.push_back(export_graph(*run.p.services, run.p.hub->backend(wanted.backend), wanted.options.dump(),
                                 captured, out / wanted.file, approve));
    rows.push_back({{"backend", wanted.backend},
                    {"entry", wanted.entry},
                    {"file", wanted.file},
                    {"bytes", files.back()->bytes()},
                    {"nodes", captured.graph().nodes.size()},
                    {"saturated_biases", captured.saturated_biases()}});
  }
  return rows;
}

// A folder beside the results that is gone when the run is over.
class PrivateFolder {
 public:
  explicit PrivateFolder(const std::filesystem::path& out)
      : path_(out / fmt::format(".verify-{}", ::getpid())) {
    std::filesystem::create_directories(path_);
  }
  ~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What the files hold, read from their bytes before they get their names.
std::vector<StoredFile> read_back(Pipeline& run, const std::filesystem::path& out,
                                  const std::vector<std::unique_ptr<SinkFiles>>& files) {
  std::vector<StoredFile> result;
  for (const auto& file : files) {
    const PrivateFolder folder(out);
    file->link_into(folder.path());
    if (auto parameters = stored_parameters(folder.path() / file->name(0), *run.p.tree))
      result.push_back({file->name(0), std::move(*parameters)});
  }
  return result;
}

// Runs each file whose export entry asks for it. Returns the report's rows.
nlohmann::json verify_all(Pipeline& run, const CapturedGraph& captured, const std::filesystem::path& out,
                          const std::vector<std::unique_ptr<SinkFiles>>& files) {
  nlohmann::json rows = nlohmann::json::array();
  for (size_t i = 0; i < files.size(); ++i) {
    const RecipeExport& wanted = run.p.recipe.exports[i];
    if (!wanted.verify) continue;
    run.say(fmt::format("running {}", wanted.file));
    const PrivateFolder folder(out);
    files[i]->link_into(folder.path());
    VerifyJob job{folder.path() / files[i]->name(0),
                  wanted.file,
                  wanted.verify->executor,
                  wanted.verify->options,
                  {},
                  wanted.verify->gates};
    if (wanted.verify->samples) job.samples = static_cast<uint64_t>(*wanted.verify->samples);
    rows.push_back(verify_file(run, captured, job));
  }
  return rows;
}

std::unique_ptr<AtomicFile> text_file(const std::filesystem::path& path, const std::string& text) {
  auto file = std::make_unique<AtomicFile>(path);
  file->write(text);
  return file;
}

// Output k of evaluation sample 0 as float_out.<k> and quant_out.<k>, of sample i > 0 as float_out.<k>.<i>
// and quant_out.<k>.<i>.
void write_outputs(const std::filesystem::path& path, const Evaluation& evaluation) {
  std::vector<SafetensorsWriter::Item> items;
  std::vector<const Tensor*> tensors;
  const auto add = [&](const std::string& stem, const std::vector<std::vector<Tensor>>& samples) {
    for (size_t i = 0; i < samples.size(); ++i) {
      for (size_t k = 0; k < samples[i].size(); ++k) {
        items.push_back({fmt::format("{}.{}{}", stem, k, i == 0 ? "" : fmt::format(".{}", i)),
                         samples[i][k].dtype, samples[i][k].shape});
        tensors.push_back(&samples[i][k]);
      }
    }
  };
  add("float_out", evaluation.float_outputs);
  add("quant_out", evaluation.quantized_outputs);
  SafetensorsWriter writer(path, items);
  for (size_t i = 0; i < tensors.size(); ++i) writer.write(i, *tensors[i]);
  writer.finish();
}

}  // namespace

RunResult run(const SessionOptions& options) {
  Pipeline run(options);
  const Recipe& recipe = run.p.recipe;
  const std::filesystem::path out = output_folder(options, recipe);
  OutputCheck check = check_outputs(options, recipe, *run.p.catalog);
  run.refuse_early();
  run.calibrate();
  Graph recorded;
  if (!recipe.exports.empty()) recorded = run.capture_for_export();

  run.times.start("evaluate");
  run.say(fmt::format("evaluating on {} samples", run.evaluation->samples()));
  StatisticsCollector statistics(*run.p.tree, *run.p.pool);
  const Evaluation evaluation = evaluate(*run.runtime, run.p.entry, *run.evaluation,
                                         run.evaluation->samples(), options.save_outputs, &statistics);
  run.check_limits();
  const std::vector<GateResult> gates = judge(recipe, evaluation.metrics);
  const bool gates_met = all_met(gates);

  run.times.start("export");
  std::vector<std::unique_ptr<SinkFiles>> models;
  std::vector<std::unique_ptr<AtomicFile>> files;
  nlohmann::json exports = nlohmann::json::array();
  nlohmann::json verify = nlohmann::json::array();
  nlohmann::json graph;
  std::vector<StoredFile> stored;
  if (gates_met && !recipe.exports.empty()) {
    const CapturedGraph captured(recorded, *run.p.tree, *run.p.pool);
    graph = outline(captured.graph());
    exports = export_all(run, captured, out, check, models);
    stored = read_back(run, out, models);
    run.times.start("verify");
    verify = verify_all(run, captured, out, models);
  }
  run.times.start("report");
  const nlohmann::json sites = statistics.to_json();
  run.times.stop();

  RunResult result{out, report_json(run.p, {evaluation, gates, exports, run.times, run.calibration->samples(),
                                            stored, verify, sites, graph})};
  files.push_back(text_file(out / "qparams.json", qparams_json(*run.p.tree).dump(1) + "\n"));
  files.push_back(text_file(out / "recipe.effective.json", recipe.effective.dump(2) + "\n"));
  files.push_back(text_file(out / "report.json", result.report.dump(1) + "\n"));
  files.push_back(text_file(out / "report.html", html::page(result.report, recipe.effective)));
  stop_if_cancelled();
  const bool files_hold = std::all_of(verify.begin(), verify.end(), verified);
  if (files_hold) {
    for (const auto& model : models) model->commit();
  }
  for (const auto& file : files) file->commit();
  if (options.save_outputs) write_outputs(out / "outputs.safetensors", evaluation);
  if (gates_met && files_hold) return result;
  // A model file of an earlier run beside a report that refuses it would mislead.
  for (const auto& wanted : recipe.exports) std::filesystem::remove(out / wanted.file);
  throw gates_met ? verify_error(recipe, verify, out) : gate_error(recipe, gates, out);
}

}  // namespace vernier::core
