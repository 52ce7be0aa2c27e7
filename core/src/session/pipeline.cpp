#include "session/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "calibration/calibrator.h"
#include "calibration/planned_qparams.h"
#include "calibration/weight_scales.h"
#include "session/consumer.h"
#include "session/exporter.h"
#include "text/with_note.h"
#include "trace/with_qparams.h"

namespace vernier::core {

namespace {

PhaseTimes started(const char* phase) {
  PhaseTimes times;
  times.start(phase);
  return times;
}

}  // namespace

Pipeline::Pipeline(const SessionOptions& session_options, TrialScope trial)
    : options(session_options), times(started("plan")), p(prepare(session_options, trial)) {
  const Recipe& recipe = p.recipe;
  say(fmt::format("{} ({}): {} modules, {} sites, {} parameters",
                  recipe.model.module.empty() ? "<root>" : recipe.model.module, p.tree->root().type,
                  p.tree->modules.size(), p.tree->sites.size(), p.tree->parameters.size()));
  device = options.device(*p.pool);
  p.services->use_device(device.get());
  runner = std::make_unique<EntryRunner>(*p.services, *p.tree, *device, p.entry, p.input_names());
  const auto open = [&](const RecipeData& data, const char* pointer) {
    const std::optional<uint64_t> wanted =
        data.samples ? std::optional<uint64_t>(static_cast<uint64_t>(*data.samples)) : std::nullopt;
    auto inputs = open_inputs(data.inputs, recipe.folder, p.input_names(), wanted, recipe.runtime.seed,
                              recipe.where(pointer));
    if (inputs->samples() == 0)
      throw data_error("there is no sample to run on", recipe.where(pointer),
                       "check the file and its tensors' names");
    return inputs;
  };
  calibration = open(recipe.calibration, "/calibration/inputs");
  evaluation = open(recipe.evaluation, "/evaluation/inputs");
}

void Pipeline::say(const std::string& line) const { control().report({times.phase(), line}); }

Graph Pipeline::capture_for_export() {
  const auto traced = runner->graph(calibration->types(0));
  Graph recorded = with_qparams(*traced, *p.tree, QParamsOf::kConversion);
  const std::vector<int> raised = raise_weight_scales(*p.tree, recorded, *device);
  for (int site : raised) say(raised_line(p.tree->sites[site]));
  if (!p.recipe.quantization.may_lose_weights) require_weights_after_raise(*p.tree, raised);
  return recorded;
}

SparseBytes Pipeline::refuse_unwritable(const RecipeExport& wanted, const Graph& planned,
                                        const std::string& where, uint64_t keeps) {
  try {
    return try_export(*p.services, p.hub->backend(wanted.backend), wanted.options->dump(), planned, keeps);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kPlugin) throw;
    throw with_note(
        error, {fmt::format("backend {} cannot write {} as the recipe asks", wanted.backend, wanted.file),
                where, "change the sites named above, or choose another backend"});
  }
}

void Pipeline::trace_all() {
  for (const InputSource* source : {calibration.get(), evaluation.get()}) {
    for (uint64_t index = 0; index < source->samples(); ++index) {
      control().check();
      std::vector<TensorType> types = source->types(index);
      if (std::find(shapes.begin(), shapes.end(), types) != shapes.end()) continue;
      try {
        (void)runner->graph(types);
      } catch (const Error& error) {
        if (error.is_stop()) throw;
        throw with_note(error,
                        {fmt::format("{} fails for the shapes of {} sample {}", p.entry,
                                     source == calibration.get() ? "calibration" : "evaluation", index),
                         {},
                         {}});
      }
      shapes.push_back(std::move(types));
    }
  }
}

void Pipeline::check_traced(const Graph& traced) const {
  std::vector<bool> is_reached(p.tree->sites.size());
  for (const GraphNode& node : traced.nodes) {
    if (node.site >= 0) is_reached[static_cast<size_t>(node.site)] = true;
  }
  for (const Parameter& parameter : p.tree->parameters) {
    if (parameter.site >= 0) is_reached[static_cast<size_t>(parameter.site)] = true;
  }
  for (size_t i = 0; i < is_reached.size(); ++i) {
    if (is_reached[i]) continue;
    throw data_error(fmt::format("site {} was never observed", p.tree->sites[i].path),
                     "site " + p.tree->sites[i].path,
                     fmt::format("the wrapper declares a site that entry {} does not use", p.entry));
  }
  if (p.recipe.exports.empty()) return;
  for (ValueIndex input : traced.inputs) {
    const GraphValue& value = traced.values[input];
    if (element_count(value.shape) != 0) continue;
    throw data_error(fmt::format("input {} of calibration sample 0 is {}, without elements", value.name,
                                 to_string(TensorType{value.dtype, value.shape})),
                     p.recipe.where("/calibration/inputs"),
                     "a file gets the shapes of sample 0: put one first that has the shapes to export");
  }
}

// A file of zeros is made and held to its profile; of a larger one making it would take longer than a plan
// should.
constexpr uint64_t kMostOfTrial = uint64_t{64} << 20;

void Pipeline::try_exports(const Graph& graph) {
  for (size_t i = 0; i < p.recipe.exports.size(); ++i) {
    const RecipeExport& wanted = p.recipe.exports[i];
    const SparseBytes file =
        refuse_unwritable(wanted, graph, p.recipe.where(fmt::format("/export/{}/backend", i)),
                          p.profiles[i] || wanted.float_ops ? kMostOfTrial : 0);
    if (!file.empty() && wanted.float_ops) refuse_float_ops(p.recipe, i, file.bytes());
    if (!file.empty() && p.profiles[i])
      refuse_unfit_stand_in(p.recipe, i, *p.profiles[i], file.bytes(), control());
    if (wanted.verify && wanted.verify->executor.empty()) (void)p.hub->executor_for(wanted.file);
  }
}

Graph Pipeline::trace() {
  times.start("trace");
  trace_all();
  const auto traced = runner->graph(calibration->types(0));
  check_traced(*traced);
  const PlannedQparams stand_ins(*p.services, *p.tree,
                                 [&hub = *p.hub](const std::string& name) { return hub.observer(name); });
  return planned_file(with_qparams(*traced, *p.tree, QParamsOf::kPlan));
}

void Pipeline::refuse_exports(const Graph& planned) {
  try_exports(planned);
  check_planned_memory();
}

Graph Pipeline::refuse_early() {
  Graph planned = trace();
  refuse_exports(planned);
  return planned;
}

void Pipeline::check_planned_memory() const {
  if (p.recipe.runtime.max_memory == 0 || p.recipe.exports.empty()) return;
  uint64_t needed = peak_memory_bytes();
  for (const Parameter& parameter : p.tree->parameters) {
    if (parameter.site >= 0)
      needed +=
          p.tree->sites[parameter.site].spec.dtype.bytes(static_cast<uint64_t>(parameter.source.elements()));
  }
  if (needed > p.recipe.runtime.max_memory) {
    throw usage_error(fmt::format("the run needs about {} MiB, runtime.max_memory allows {} MiB",
                                  needed >> 20, p.recipe.runtime.max_memory >> 20),
                      p.recipe.where("/runtime/max_memory"), "raise the limit, or quantize a smaller module");
  }
}

void Pipeline::check_limits() const {
  control().check();
  const uint64_t limit = p.recipe.runtime.max_memory;
  if (limit == 0) return;
  const uint64_t used = peak_memory_bytes();
  if (used <= limit) return;
  throw usage_error(
      fmt::format("the run has taken {} MiB, runtime.max_memory allows {} MiB", used >> 20, limit >> 20),
      p.recipe.where("/runtime/max_memory"),
      "raise the limit, lower calibration.batch_size, or quantize a smaller module");
}

void Pipeline::calibrate() {
  Calibrator calibrator(*p.services, *p.tree,
                        [&hub = *p.hub](const std::string& name) { return hub.observer(name); });
  times.start("observe_weights");
  say("observing weights");
  calibrator.convert_parameters(p.recipe.quantization.may_lose_weights);
  times.start("calibrate");
  const uint64_t batch_size = p.recipe.calibration.batch_size;
  say(fmt::format("calibrating on {} samples{}", calibration->samples(),
                  batch_size > 1 ? fmt::format(" in batches of {}", batch_size) : ""));
  Batches batches(*calibration, calibration->samples(), batch_size,
                  p.recipe.where("/calibration/batch_size"));
  calibrator.observe(*runner, batches, [this] { check_limits(); });
  times.start("convert");
  calibrator.convert_activations();
}

}  // namespace vernier::core
