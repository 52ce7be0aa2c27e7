// The steps that `run` and `verify` share, each once and in order: open, refuse early, calibrate, capture.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "calibration/input_source.h"
#include "device/device.h"
#include "report/report.h"
#include "runtime/recorder.h"
#include "runtime/runtime.h"
#include "session/prepare.h"

namespace vernier::core {

class Pipeline {
 public:
  // Prepares, makes the maths, opens calibration and evaluation inputs. `options` must outlive this. Throws
  // Error.
  explicit Pipeline(const SessionOptions& options);

  // Refuses a backend that cannot write the graph, a file that no executor runs although the recipe wants it,
  // and a memory limit that will not hold, before the work of calibration.
  void refuse_early();
  // Observes weights and activations; afterwards each site has its qparams and each quantized parameter its
  // codes.
  void calibrate();
  // Records the entry on calibration sample 0 in quantize mode, for export. Raises the scales of weights
  // whose biases would not fit the file's integers, so it comes before what is measured.
  Graph capture_for_export();
  // Throws Error (kUsage) where the user wants to stop or the recipe's memory limit is passed; asked between
  // forwards.
  void check_limits() const;
  // Records the entry on `sample`.
  Recorder capture(Mode mode, const std::vector<Tensor>& sample, bool keep_tensors = false,
                   std::vector<Tensor>* outputs = nullptr);
  // Reports the beginning of a phase, or of a part of one.
  void say(const std::string& line) const;
  [[nodiscard]] const RunControl& control() const { return options.run_control(); }

  // Asks each backend whether it can write what the recipe plans, see try_export.
  void try_exports();
  // Throws Error (kPlugin) where the backend cannot write the planned graph; `where` is the recipe's line.
  void refuse_unwritable(const RecipeExport& wanted, const Graph& planned, const std::string& where);

  const SessionOptions& options;
  PhaseTimes times;
  Prepared p;
  std::unique_ptr<Device> device;
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<InputSource> calibration;
  std::unique_ptr<InputSource> evaluation;
};

}  // namespace vernier::core
