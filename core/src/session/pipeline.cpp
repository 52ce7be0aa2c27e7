#include "session/pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "calibration/calibrator.h"
#include "calibration/planned_qparams.h"
#include "calibration/weight_scales.h"
#include "graph/lower.h"
#include "session/consumer.h"
#include "session/executor_check.h"
#include "session/export_set.h"
#include "session/gates.h"
#include "session/kept_observations.h"
#include "session/large_file.h"
#include "session/program_traces.h"
#include "session/program_units.h"
#include "session/reached_sites.h"
#include "session/recipe_program.h"
#include "tensor/memory_blocks.h"
#include "text/with_note.h"
#include "trace/with_qparams.h"

namespace vernier::core {

namespace {

PhaseTimes started(const char* phase, MemoryWatch& memory) {
  PhaseTimes times(memory);
  times.start(phase);
  return times;
}

void refuse_unfit_set(const Recipe& recipe, size_t i, const Profile& profile) {
  std::vector<std::string> names;
  for (const size_t unit : recipe.exports[i].units) names.push_back(recipe.units[unit].name);
  require_set_fits(profile, names, recipe.where(recipe.exports[i].pointer));
}

// A file of several units is run unit by unit.
void require_signatures(const ComponentInfo& executor, const nlohmann::json& given,
                        const std::string& where) {
  if (given.contains("signature"))
    throw usage_error("option \"signature\" chooses among the units of a file that are all run", where,
                      "remove it from the executor's options");
  const auto& options = *executor.options;
  if (options.is_object() && options.contains("properties") && options["properties"].contains("signature"))
    return;
  throw plugin_error(fmt::format("executor {} cannot choose among the units of a file", executor.name), where,
                     "it has no option \"signature\"; name another executor, or write a file for each unit");
}

void require_open(const ComponentInfo& executor, const Recipe& recipe, size_t exported) {
  if (executor.has_open_extents) return;
  throw plugin_error(
      fmt::format("executor {} does not run files with an open extent", executor.name),
      recipe.where(recipe.exports[exported].pointer + "/open"),
      "name another executor, or leave out \"verify\" and \"gates\" of the entry; one that can "
      "says \"open_extents\" in its manifest");
}

// Rows that a mask without samples chooses are those of one sample: of a stack they would be others.
void refuse_stacked_masks(const Recipe& recipe, const RecipeUnit& unit, const Graph& traced,
                          const ModuleTree& tree) {
  if (unit.calibration.batch_size <= 1 || !recipe.quantization.from.empty()) return;
  for (const GraphNode& node : traced.nodes) {
    if (node.op != "fake_quantize" || node.inputs.size() < 2 || node.inputs[1] == kNoValue) continue;
    if (traced.values[node.inputs[1]].kind != ValueKind::kConstant) continue;
    throw usage_error(
        fmt::format("site {} sees the rows that a constant mask chooses, of one sample at a time",
                    tree.sites[static_cast<size_t>(node.site)].path),
        recipe.where(unit.pointer + "/calibration/batch_size"), kOneByOne);
  }
}

// A file gets the shapes of sample 0.
void refuse_empty_inputs(const Recipe& recipe, const RecipeUnit& unit, const Graph& traced) {
  for (ValueIndex input : traced.inputs) {
    const GraphValue& value = traced.values[input];
    if (element_count(value.shape) != 0) continue;
    throw data_error(fmt::format("input {} of calibration sample 0 is {}, without elements", value.name,
                                 to_string(TensorType{value.dtype, value.shape})),
                     recipe.where(unit.calibration_pointer + "/inputs"),
                     "a file gets the shapes of sample 0: put one first that has the shapes to export");
  }
}

}  // namespace

Pipeline::Pipeline(const SessionOptions& session_options, TrialScope trial, bool runs_elsewhere,
                   CallRecorder* recorder)
    : options(session_options),
      times(started("plan", memory)),
      p(prepare(session_options, trial, recorder)),
      runs_elsewhere_(runs_elsewhere),
      journal_folder_(journal_folder(options, p.recipe)) {
  const Recipe& recipe = p.recipe;
  if (!recipe.quantization.from.empty()) given = GivenQparams::read(recipe.quantization.from);
  say(fmt::format("{} ({}): {} modules, {} sites, {} parameters",
                  recipe.model.module.empty() ? "<root>" : recipe.model.module, p.tree->root().type,
                  p.tree->modules.size(), p.tree->sites.size(), p.tree->parameters.size()));
  const uint64_t before = anonymous_memory();
  device = options.device(*p.pool);
  const uint64_t after = anonymous_memory();
  device_taken_ = after - std::min(after, before);
  p.services->use_device(device.get());
  kept_codes = std::make_unique<KeptCodes>(*device);
  units = p.program ? open_program_units(p, *device, *kept_codes, program_runners)
                    : open_units(p, *device, *kept_codes);
}

void Pipeline::say(const std::string& line) const { control().report({times.phase(), line}); }

std::vector<Graph> Pipeline::capture_for_export() {
  std::set<int> raised;
  for (const auto& unit : units) {
    Graph recorded = with_qparams(*unit->graph(), *p.tree, QParamsOf::kConversion);
    raised.merge(raise_weight_scales(*p.tree, recorded, *device));
  }
  for (int site : raised) say(raised_line(p.tree->sites[site]));
  if (!p.recipe.quantization.may_lose_weights) require_weights_after_raise(*p.tree, raised);
  // Only now: a scale that one unit raised is the scale of all.
  std::vector<Graph> graphs;
  for (const auto& unit : units)
    graphs.push_back(with_qparams(*unit->graph(), *p.tree, QParamsOf::kConversion));
  return graphs;
}

SparseBytes Pipeline::refuse_unwritable(size_t exported, const std::vector<Graph>& planned,
                                        const std::string& where, uint64_t keeps) {
  const RecipeExport& wanted = p.recipe.exports[exported];
  std::vector<PlannedGraph> graphs;
  std::vector<std::string> names;
  for (const size_t unit : wanted.units) {
    names.push_back(p.recipe.units[unit].name);
    graphs.push_back({names.back(), wanted.open ? planned_open_.at(exported) : planned[unit]});
    lower(graphs.back().graph, p.lowerings[exported]);
  }
  require_set(*p.catalog->find("backend", wanted.backend).component, names, where);
  try {
    return try_export_set(*p.services, p.hub->backend(wanted.backend), wanted.options->dump(), graphs, keeps);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kPlugin) throw;
    throw with_note(
        error, {fmt::format("backend {} cannot write {} as the recipe asks", wanted.backend, wanted.file),
                where, "change the sites named above, or choose another backend"});
  }
}

void Pipeline::trace_all(Unit& unit) const {
  if (!unit.file_types.empty()) unit.shapes.push_back(unit.file_types);
  for (const InputSource* source : {unit.calibration.get(), unit.evaluation.get()}) {
    for (uint64_t index = 0; index < source->samples(); ++index) {
      control().check();
      std::vector<TensorType> types = source->types(index);
      if (std::find(unit.shapes.begin(), unit.shapes.end(), types) != unit.shapes.end()) continue;
      try {
        if (!p.program) (void)unit.runner->graph(types);  // trace_program() made those of a program
      } catch (const Error& error) {
        if (error.is_stop()) throw;
        const bool is_first = source == unit.calibration.get();
        const char* data = is_first ? "calibration" : "evaluation";
        const std::string where =
            is_first ? unit.recipe->calibration_pointer : unit.recipe->pointer + "/evaluation";
        throw with_note(
            error, {fmt::format("{} fails for the shapes of {} sample {}", unit.recipe->name, data, index),
                    p.recipe.where(where + "/inputs"),
                    {}});
      }
      unit.shapes.push_back(std::move(types));
    }
  }
}

void Pipeline::check_traced() const {
  std::vector<bool> measured;
  for (const auto& unit : units) {
    const auto traced = unit->graph();
    if (!p.recipe.exports.empty()) refuse_empty_inputs(p.recipe, *unit->recipe, *traced);
    refuse_stacked_masks(p.recipe, *unit->recipe, *traced, *p.tree);
    measured.push_back(std::ranges::any_of(
        traced->outputs, [&](ValueIndex output) { return traced->values[output].dtype == kFloat32; }));
  }
  refuse_idle_gates(p.recipe, measured);
  mark_reached_sites(p, units);
}

// A file of zeros is made and held to its profile; of a larger one making it would take longer than a plan
// should.
constexpr uint64_t kMostOfTrial = uint64_t{64} << 20;

void Pipeline::try_exports(const std::vector<Graph>& planned) {
  for (size_t i = 0; i < p.recipe.exports.size(); ++i) {
    const RecipeExport& wanted = p.recipe.exports[i];
    const bool has_float_gate = wanted.float_ops || wanted.float_tensors;
    if (p.profiles[i]) refuse_unfit_set(p.recipe, i, *p.profiles[i]);
    if (p.profiles[i]) refuse_large_file(p.recipe, i, *p.profiles[i], constant_bytes(wanted.units, planned));
    const SparseBytes file =
        refuse_unwritable(i, planned, p.recipe.where(p.recipe.exports[i].pointer + "/backend"),
                          p.profiles[i] || has_float_gate ? kMostOfTrial : 0);
    if (!file.empty() && has_float_gate) refuse_float(p.recipe, i, file.bytes());
    if (!file.empty() && p.profiles[i])
      refuse_unfit_stand_in(p.recipe, i, *p.profiles[i], file.bytes(), control());
    const bool is_set = wanted.units.size() > 1;
    // The files of a program are opened when they are there, run or not.
    if (!wanted.verify && !(p.program && is_set)) continue;
    const auto& verify = p.program ? p.program->verify : wanted.verify;
    const std::string executor =
        verify && !verify->executor.empty() ? verify->executor : p.hub->executor_for(wanted.file).name;
    if (wanted.open) require_open(*p.catalog->find("executor", executor).component, p.recipe, i);
    if (is_set)
      require_signatures(*p.catalog->find("executor", executor).component,
                         verify ? *verify->options : nlohmann::json::object(),
                         p.recipe.where(p.recipe.exports[i].pointer));
  }
}

void Pipeline::check_given() {
  const auto each_shape = [&](const std::function<void(int, const Shape&)>& see) {
    for (const auto& unit : units) {
      for (const auto& types : unit->shapes) {
        const auto traced = unit->runner->graph(types);
        for (const GraphNode& node : traced->nodes) {
          if (node.site >= 0) see(node.site, traced->values[node.outputs[0]].shape);
        }
      }
    }
  };
  given->check(*p.tree, each_shape, p.recipe.where("/quantization/from"));
  is_given_checked_ = true;
}

nlohmann::json Pipeline::given_json() const {
  if (!given) return nullptr;
  return {{"file", p.recipe.quantization.from.string()}, {"sites", given->sites()}};
}

std::vector<Graph> Pipeline::trace() {
  times.start("trace");
  if (p.program) trace_program(*this);
  for (const auto& unit : units) trace_all(*unit);
  check_traced();
  const PlannedQparams stand_ins(*p.services, *p.tree,
                                 [&hub = *p.hub](const std::string& name) { return hub.observer(name); });
  if (given) check_given();
  std::vector<Graph> planned;
  for (const auto& unit : units)
    planned.push_back(planned_file(with_qparams(*unit->graph(), *p.tree, QParamsOf::kPlan)));
  for (size_t i = 0; i < p.recipe.exports.size(); ++i) {
    if (p.recipe.exports[i].open)
      planned_open_[i] = planned_file(with_qparams(open_trace(i), *p.tree, QParamsOf::kPlan));
  }
  return planned;
}

const OpenInputs& Pipeline::open_inputs(size_t exported) {
  auto& made = open_inputs_[exported];
  const size_t unit = p.recipe.exports.at(exported).units.front();
  if (made == nullptr) made = std::make_unique<OpenInputs>(p, exported, *units.at(unit));
  return *made;
}

const Graph& Pipeline::open_trace(size_t exported) {
  auto found = open_traces_.find(exported);
  if (found == open_traces_.end())
    found = open_traces_.emplace(exported, open_inputs(exported).trace()).first;
  return found->second;
}

void Pipeline::refuse_exports(const std::vector<Graph>& planned) {
  try_exports(planned);
  plan_memory();
  plan_time();
}

std::vector<Graph> Pipeline::refuse_early() {
  std::vector<Graph> planned = trace();
  refuse_exports(planned);
  check_executors(p);
  return planned;
}

// What LibTorch takes is counted as it was measured once, so that a plan, which does not load it, and the run
// agree but for the noise of a heap.
void Pipeline::plan_memory() {
  constexpr uint64_t kNoise = uint64_t{8} << 20;
  const uint64_t usual = default_device_bytes();
  const bool is_loaded_here = device_taken_ > usual / 2;
  uint64_t base = anonymous_memory();
  if (is_loaded_here) base -= std::min(base, device_taken_);
  if (is_loaded_here || runs_elsewhere_) base += usual;
  memory_plan = core::plan_memory(p, units, options.save_outputs, base, runs_elsewhere_ ? 0 : kNoise);
  for (const auto& unit : units) {
    unit->calibration->limit(memory_plan.limits.store_bytes);
    unit->calibration_outputs->limit(memory_plan.limits.store_bytes);
    unit->evaluation_outputs->limit(memory_plan.limits.store_bytes);
  }
}

void Pipeline::check_limits() {
  control().check();
  const uint64_t limit = p.recipe.runtime.max_memory;
  if (limit == 0) return;
  const uint64_t used = memory.peak();
  if (used <= limit) return;
  throw usage_error(
      fmt::format("the run has taken {} MiB, runtime.max_memory allows {} MiB", used >> 20, limit >> 20),
      p.recipe.where("/runtime/max_memory"),
      "raise the limit, lower calibration.batch_size, or quantize a smaller module");
}

void Pipeline::observe(Calibrator& calibrator, const Unit& unit) {
  const uint64_t batch_size = unit.recipe->calibration.batch_size;
  const uint64_t samples = unit.calibration->samples();
  say(fmt::format("calibrating {}on {} samples{}", units.size() == 1 ? "" : unit.recipe->name + " ", samples,
                  batch_size > 1 ? fmt::format(" in batches of {}", batch_size) : ""));
  Batches batches(*unit.calibration, samples, batch_size,
                  p.recipe.where(unit.recipe->pointer + "/calibration/batch_size"));
  const auto keep = [&unit](uint64_t sample, std::vector<Tensor> outputs) {
    unit.calibration_outputs->keep(Reading::kFloat, sample, outputs);
    unit.calibration->made(sample, std::move(outputs));
  };
  calibrator.observe(
      *unit.runner, batches, memory_plan.limits, [this] { check_limits(); }, keep);
  unit.calibration->release();
}

void Pipeline::give_qparams(Calibrator& calibrator) {
  times.start("convert");
  say(fmt::format("qparams come from {}: nothing is calibrated", p.recipe.quantization.from.string()));
  if (!is_given_checked_) {
    const PlannedQparams stand_ins(*p.services, *p.tree,
                                   [&hub = *p.hub](const std::string& name) { return hub.observer(name); });
    check_given();
  }
  given->give(*p.tree);
  calibrator.take_given(p.recipe.quantization.may_lose_weights, p.recipe.quantization.from);
}

void Pipeline::calibrate() {
  Calibrator calibrator(*p.services, *p.tree,
                        [&hub = *p.hub](const std::string& name) { return hub.observer(name); });
  bool is_traced = true;
  for (const auto& unit : units) {  // constants that forwards make are weights too
    if (!unit->shapes.empty()) continue;
    is_traced = false;
    trace_all(*unit);
  }
  if (!is_traced) mark_reached_sites(p, units);
  if (memory_plan.phases.empty()) plan_memory();  // `verify` and `trace` do not ask for exports first
  if (given) return give_qparams(calibrator);
  times.start("observe_weights");
  say("observing weights");
  calibrator.convert_parameters(p.recipe.quantization.may_lose_weights);
  times.start("calibrate");
  const KeptObservations& kept = kept_observations();
  std::string said;
  const bool is_reused = kept.give(calibrator, said);
  if (!said.empty()) say(said);
  if (is_reused) {
    say(fmt::format("calibration is that of an earlier run, kept in {}", kept.file().string()));
  } else {
    for (size_t i = 0; i < units.size(); ++i)
      observe(calibrator, *units[p.program ? p.program->order[i] : i]);
    if (const std::string why = kept.keep(calibrator); !why.empty()) say(why);
  }
  if (!journal_folder_.empty())
    journal =
        nlohmann::json{{"file", kept.file().string()}, {"reused", is_reused}, {"evaluation_reused", false}};
  MemoryBlocks::of_process().release();
  times.start("convert");
  calibrator.convert_activations();
}

}  // namespace vernier::core
