// The steps that `run` and `verify` share, each once and in order: open, refuse early, calibrate, capture.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "calibration/given_qparams.h"
#include "device/device.h"
#include "file/sparse_bytes.h"
#include "interpreter/kept_codes.h"
#include "program/entry_units.h"
#include "report/report.h"
#include "session/kept_evaluation.h"
#include "session/kept_observations.h"
#include "session/memory_plan.h"
#include "session/open_extent.h"
#include "session/time_plan.h"
#include "session/unit.h"

namespace vernier::core {

class Calibrator;

class Pipeline {
 public:
  // Prepares, makes the maths, opens calibration and evaluation inputs. `options` must outlive this. Throws
  // Error.
  // `trial`: what is tried in a process of its own where a plugin comes from outside.
  // `runs_elsewhere`: it is only planned here, and its run will have the default device.
  // `recorder`: in the process of a trial, hears of what wrappers ask; it must outlive this.
  explicit Pipeline(const SessionOptions& options, TrialScope trial = TrialScope::kPlan,
                    bool runs_elsewhere = false, CallRecorder* recorder = nullptr);
  explicit Pipeline(SessionOptions&&, TrialScope = TrialScope::kPlan, bool = false,
                    CallRecorder* = nullptr) = delete;  // they would be gone with the line

  // Traces each unit for the shapes of every calibration and evaluation sample of it, and refuses a forward
  // that fails or depends on more than shapes, and a site that no unit uses. Returns the graph that a file of
  // each unit would have, for the shapes of sample 0.
  std::vector<Graph> trace();
  // Refuses a backend that cannot write these graphs, a file that no executor runs although the recipe wants
  // it, a memory limit that will not hold.
  void refuse_exports(const std::vector<Graph>& planned);
  // Both, before the work of calibration.
  std::vector<Graph> refuse_early();
  // Observes weights, then activations: unit by unit, in a sweep each. Afterwards each site has its qparams
  // and each quantized parameter its codes. Where the recipe names a journal, activations are not run through
  // the units again while nothing that they depend on has changed.
  // Where the recipe names qparams of an earlier run, sites get those and nothing is observed.
  void calibrate();
  // Each unit's graph for the shapes of its calibration sample 0 with the qparams of the sites, for export.
  // Raises the scales of weights whose biases would not fit the file's integers, so it comes before what is
  // measured.
  std::vector<Graph> capture_for_export();
  // Of an export with an open extent: its inputs, and its unit's trace with the extent open, see OpenInputs.
  // Made when they are first asked for; the pipeline must not move.
  [[nodiscard]] const OpenInputs& open_inputs(size_t exported);
  [[nodiscard]] const Graph& open_trace(size_t exported);
  // After capture_for_export(): what an earlier run with the same evaluation and the same qparams kept in the
  // journal; nothing where outputs are wanted or qparams are given. keep_evaluation() keeps it for later
  // ones; where the file cannot be written, says so.
  [[nodiscard]] std::optional<EvaluationAccount> kept_evaluation();
  void keep_evaluation(const EvaluationAccount& account);
  // Throws Error (kUsage) where the user wants to stop or the recipe's memory limit is passed; asked between
  // forwards.
  void check_limits();
  // Reports the beginning of a phase, or of a part of one.
  void say(const std::string& line) const;
  [[nodiscard]] const RunControl& control() const { return options.run_control(); }

  // The graph of each sample's shapes.
  void trace_all(Unit& unit) const;
  // mark_reached_sites(); throws Error (kData) also where a file would have an input without elements; what
  // refuse_idle_gates() throws.
  void check_traced() const;
  // Asks each backend whether it can write what the recipe plans, see try_export_set(), and holds files of up
  // to 64 MiB to what their profiles say of types; what a profile says of numbers is for the finished file.
  void try_exports(const std::vector<Graph>& planned);
  // Sets `predicted_seconds`, from the times of earlier runs that the recipe's journal keeps.
  void plan_time();
  // Keeps the seconds of this run for later ones; after its last phase. Without a journal, nothing; where the
  // file cannot be written, says so.
  void keep_times();
  // Sets `memory_plan`. Throws Error (kUsage) where the recipe's memory limit is below the least that works.
  void plan_memory();
  // Holds the qparams that the recipe names to the model. Units are traced.
  void check_given();
  // Throws Error (kPlugin) where the backend cannot write that graph, see planned_file; `where` is the
  // recipe's line. Else the file's bytes with zeros for what only calibration knows, up to `keeps`, or none.
  SparseBytes refuse_unwritable(size_t exported, const std::vector<Graph>& planned, const std::string& where,
                                uint64_t keeps = 0);

  // What the report and the plan say of `given`: null, or {"file", "sites"}.
  [[nodiscard]] nlohmann::json given_json() const;

  // Runs all calibration samples of a unit.
  void observe(Calibrator& calibrator, const Unit& unit);

  const SessionOptions& options;
  MemoryWatch memory;
  PhaseTimes times;
  std::optional<GivenQparams> given;  // quantization.from
  JsonValue journal;                  // after calibrate(): null, or {"file", "reused", "evaluation_reused"}
  Prepared p;
  std::unique_ptr<Device> device;
  std::unique_ptr<KeptCodes> kept_codes;     // of the tree's parameters, for all units and files
  EntryUnits::Runners program_runners;       // of a recipe with a program
  std::vector<std::unique_ptr<Unit>> units;  // one at least
  JsonValue predicted_seconds;               // null: no journal; after refuse_exports(), see PastTimes
  MemoryPlan memory_plan;                    // after refuse_exports() or calibrate()

 private:
  void give_qparams(Calibrator& calibrator);
  // What the journal has or will have of this calibration. Units are traced.
  const KeptObservations& kept_observations();

  const bool runs_elsewhere_;
  bool is_given_checked_ = false;
  std::vector<PhaseWork> work_;
  std::optional<KeptObservations>
      kept_observations_;                          // once it was asked for: its identity hashes all graphs
  std::optional<KeptEvaluation> kept_evaluation_;  // once it was asked for
  JsonValue model_identity_;                       // with kept_observations_, of a journal
  std::map<size_t, std::unique_ptr<OpenInputs>> open_inputs_;  // by export
  std::map<size_t, Graph> open_traces_, planned_open_;         // likewise
  const std::filesystem::path journal_folder_;                 // empty: none
  uint64_t device_taken_ = 0;                                  // anonymous memory, when the device was made
};

}  // namespace vernier::core
