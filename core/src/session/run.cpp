// `vernier run`: calibrate, convert, evaluate, capture, export, account. Files appear together at the very end.
#include <fmt/format.h>

#include <atomic>

#include "calibration/calibrator.h"
#include "checkpoint/safetensors_writer.h"
#include "report/report.h"
#include "session/evaluate.h"
#include "session/exporter.h"
#include "session/gates.h"
#include "session/prepare.h"
#include "session/run_report.h"

namespace vernier::core {

namespace {

std::atomic<bool> cancel_requested{false};

void stop_if_cancelled() {
  if (cancel_requested) throw usage_error("stopped by the user", {}, "nothing was written");
}

// Everything that one run holds on to.
struct Run {
  const SessionOptions& options;
  Prepared p;
  std::unique_ptr<Compute> compute;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<InputSource> calibration;
  std::unique_ptr<InputSource> evaluation;
  PhaseTimes times;
  std::map<std::string, std::string> coded_biases;

  void say(const std::string& line) const {
    if (options.progress) options.progress(line);
  }
};

void open_sources(Run& run) {
  const Recipe& recipe = run.p.recipe;
  const auto open = [&](const RecipeData& data, const char* pointer) {
    const std::optional<uint64_t> wanted = data.samples ? std::optional<uint64_t>(static_cast<uint64_t>(*data.samples)) : std::nullopt;
    auto inputs = open_inputs(data.inputs, recipe.folder, run.p.input_names(), wanted, recipe.runtime.seed, recipe.where(pointer));
    if (inputs->samples() == 0) throw data_error("there is no sample to run on", recipe.where(pointer), "check the file and its tensors' names");
    return inputs;
  };
  run.calibration = open(recipe.calibration, "/calibration/inputs");
  run.evaluation = open(recipe.evaluation, "/evaluation/inputs");
}

// Records the entry on calibration sample 0.
Graph capture(Run& run, Mode mode) {
  const std::vector<Tensor> sample = run.calibration->sample(0);
  const std::string& module = run.p.recipe.model.module;
  Recorder recorder(fmt::format("{}:{}", module.empty() ? run.p.tree->root().type : module, run.p.entry));
  for (size_t i = 0; i < sample.size(); ++i) recorder.add_input(run.p.input_names()[i], sample[i]);
  run.runtime->forward(mode, run.p.entry, sample, &recorder);
  return recorder.graph();
}

// A backend that cannot write the graph is refused before the work of calibration, not after.
void refuse_early(Run& run) {
  if (run.p.recipe.exports.empty()) return;
  const Graph graph = capture(run, Mode::kFloat);
  for (const auto& wanted : run.p.recipe.exports) check_capabilities(graph, *run.p.hub->backend(wanted.backend).info);
  if (run.p.recipe.runtime.max_memory == 0) return;
  uint64_t planned = peak_memory_bytes();
  for (const Parameter& parameter : run.p.tree->parameters) {
    if (parameter.site >= 0) planned += run.p.tree->sites[parameter.site].spec.dtype.bytes(static_cast<uint64_t>(parameter.source.elements()));
  }
  if (planned > run.p.recipe.runtime.max_memory) {
    throw usage_error(fmt::format("the run needs about {} MiB, runtime.max_memory allows {} MiB", planned >> 20, run.p.recipe.runtime.max_memory >> 20),
                      run.p.recipe.where("/runtime/max_memory"), "raise the limit, or quantize a smaller module");
  }
}

void calibrate(Run& run) {
  Calibrator calibrator(*run.p.services, *run.p.tree, [&hub = *run.p.hub](const std::string& name) { return hub.observer(name); });
  run.times.start("observe_weights");
  run.say("observing weights");
  calibrator.convert_parameters();
  run.times.start("calibrate");
  run.say(fmt::format("calibrating on {} samples", run.calibration->samples()));
  calibrator.observe(*run.runtime, run.p.entry, *run.calibration, run.calibration->samples(), [](uint64_t, uint64_t) { stop_if_cancelled(); });
  run.times.start("convert");
  calibrator.convert_activations();
}

// Every export of the recipe, complete but not yet under its name. Returns the report's rows.
nlohmann::json export_all(Run& run, const std::filesystem::path& out, std::vector<std::unique_ptr<SinkFiles>>& files) {
  nlohmann::json rows = nlohmann::json::array();
  if (run.p.recipe.exports.empty()) return rows;
  const CapturedGraph captured(capture(run, Mode::kQuantize), *run.p.tree, *run.p.pool);
  run.coded_biases = captured.coded_biases();
  for (const RecipeExport& wanted : run.p.recipe.exports) {
    run.say(fmt::format("writing {} with backend {}", wanted.file, wanted.backend));
    files.push_back(export_graph(*run.p.services, run.p.hub->backend(wanted.backend), wanted.options.dump(), captured, out / wanted.file));
    rows.push_back({{"backend", wanted.backend},
                    {"entry", wanted.entry},
                    {"file", wanted.file},
                    {"bytes", files.back()->bytes()},
                    {"nodes", captured.graph().nodes.size()},
                    {"saturated_biases", captured.saturated_biases()}});
  }
  return rows;
}

std::unique_ptr<AtomicFile> text_file(const std::filesystem::path& path, const std::string& text) {
  auto file = std::make_unique<AtomicFile>(path);
  file->write(text);
  return file;
}

// Outputs of evaluation sample 0: float_out.<k> and quant_out.<k>.
void write_outputs(const std::filesystem::path& path, const Evaluation& evaluation) {
  std::vector<SafetensorsWriter::Item> items;
  std::vector<const Tensor*> tensors;
  const auto add = [&](const std::string& stem, const std::vector<Tensor>& outputs) {
    for (size_t k = 0; k < outputs.size(); ++k) {
      items.push_back({fmt::format("{}.{}", stem, k), outputs[k].dtype, outputs[k].shape});
      tensors.push_back(&outputs[k]);
    }
  };
  add("float_out", evaluation.float_outputs);
  add("quant_out", evaluation.quantized_outputs);
  SafetensorsWriter writer(path, items);
  for (size_t i = 0; i < tensors.size(); ++i) writer.write(i, *tensors[i]);
  writer.finish();
}

}  // namespace

void request_cancel() { cancel_requested = true; }

RunResult run(const SessionOptions& options) {
  PhaseTimes times;
  times.start("plan");
  Run run{options, prepare(options), nullptr, nullptr, nullptr, nullptr, {}, {}};
  run.times = times;
  const Recipe& recipe = run.p.recipe;
  const std::filesystem::path out = output_folder(options, recipe);
  run.say(fmt::format("{} ({}): {} modules, {} sites, {} parameters", recipe.model.module.empty() ? "<root>" : recipe.model.module, run.p.tree->root().type,
                      run.p.tree->modules.size(), run.p.tree->sites.size(), run.p.tree->parameters.size()));
  run.compute = options.compute(recipe.runtime.threads);
  run.runtime = std::make_unique<Runtime>(*run.p.services, *run.p.tree, *run.compute);
  open_sources(run);
  run.times.start("trace");
  refuse_early(run);
  calibrate(run);

  run.times.start("evaluate");
  run.say(fmt::format("evaluating on {} samples", run.evaluation->samples()));
  const Evaluation evaluation = evaluate(*run.runtime, run.p.entry, *run.evaluation, run.evaluation->samples());
  const std::vector<GateResult> gates = judge(recipe, evaluation.metrics);
  const bool gates_met = all_met(gates);

  run.times.start("export");
  std::vector<std::unique_ptr<SinkFiles>> models;
  std::vector<std::unique_ptr<AtomicFile>> files;
  const nlohmann::json exports = gates_met ? export_all(run, out, models) : nlohmann::json::array();
  run.times.stop();

  RunResult result{out, report_json(run.p, {evaluation, gates, exports, run.times, run.calibration->samples(), run.coded_biases})};
  files.push_back(text_file(out / "qparams.json", qparams_json(*run.p.tree).dump(1) + "\n"));
  files.push_back(text_file(out / "recipe.effective.json", recipe.effective.dump(2) + "\n"));
  files.push_back(text_file(out / "report.json", result.report.dump(2) + "\n"));
  stop_if_cancelled();
  for (const auto& model : models) model->commit();
  for (const auto& file : files) file->commit();
  if (options.save_outputs) write_outputs(out / "outputs.safetensors", evaluation);
  if (gates_met) return result;
  // A model file of an earlier run beside a report that refuses it would mislead.
  for (const auto& wanted : recipe.exports) std::filesystem::remove(out / wanted.file);
  throw gate_error(recipe, gates, out);
}

}  // namespace vernier::core
