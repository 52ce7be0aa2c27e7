// The steps that `run` and `verify` share, each once and in order: open, refuse early, calibrate, capture.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "calibration/input_source.h"
#include "device/device.h"
#include "file/sparse_bytes.h"
#include "interpreter/entry_runner.h"
#include "report/report.h"
#include "session/prepare.h"

namespace vernier::core {

class Pipeline {
 public:
  // Prepares, makes the maths, opens calibration and evaluation inputs. `options` must outlive this. Throws
  // Error.
  // `trial`: what is tried in a process of its own where a plugin comes from outside.
  explicit Pipeline(const SessionOptions& options, TrialScope trial = TrialScope::kPlan);

  // Traces the entry for the shapes of every calibration and evaluation sample, and refuses a forward that
  // fails or depends on more than shapes, and a site that the entry does not use. Returns the graph that a
  // file would have, for the shapes of sample 0.
  Graph trace();
  // Refuses a backend that cannot write that graph, a file that no executor runs although the recipe wants
  // it, a memory limit that will not hold.
  void refuse_exports(const Graph& planned);
  // Both, before the work of calibration.
  Graph refuse_early();
  // Observes weights and activations; afterwards each site has its qparams and each quantized parameter its
  // codes.
  void calibrate();
  // The entry's graph for the shapes of calibration sample 0 with the qparams of the sites, for export.
  // Raises the scales of weights whose biases would not fit the file's integers, so it comes before what is
  // measured.
  Graph capture_for_export();
  // Throws Error (kUsage) where the user wants to stop or the recipe's memory limit is passed; asked between
  // forwards.
  void check_limits() const;
  // Reports the beginning of a phase, or of a part of one.
  void say(const std::string& line) const;
  [[nodiscard]] const RunControl& control() const { return options.run_control(); }

  // The graph of each sample's shapes; says how many there are.
  void trace_all();
  // Throws Error (kData) for a site that no node of the graph reaches and no parameter has, and where a file
  // would have an input without elements.
  void check_traced(const Graph& traced) const;
  // Asks each backend whether it can write what the recipe plans, see try_export, and holds files of up to
  // 64 MiB to what their profiles say of types; what a profile says of numbers is for the finished file.
  void try_exports(const Graph& graph);
  // Throws Error (kUsage) where the recipe's memory limit is below what is sure to be needed.
  void check_planned_memory() const;
  // Throws Error (kPlugin) where the backend cannot write that graph, see planned_file; `where` is the
  // recipe's line. Else the file's bytes with zeros for what only calibration knows, up to `keeps`, or none.
  SparseBytes refuse_unwritable(const RecipeExport& wanted, const Graph& planned, const std::string& where,
                                uint64_t keeps = 0);

  const SessionOptions& options;
  PhaseTimes times;
  Prepared p;
  std::unique_ptr<Device> device;
  std::unique_ptr<EntryRunner> runner;
  std::unique_ptr<InputSource> calibration;
  std::unique_ptr<InputSource> evaluation;
  std::vector<std::vector<TensorType>> shapes;  // that samples have, sample 0's first; after refuse_early()
};

}  // namespace vernier::core
