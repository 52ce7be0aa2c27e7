// Calibrate and convert: observers watch the sites, then give them qparams and the weights their codes.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "calibration/input_source.h"
#include "calibration/observer.h"
#include "module/module_tree.h"
#include "runtime/runtime.h"

namespace vernier::core {

class Calibrator {
 public:
  using FindObserver = std::function<LoadedObserver(const std::string& name)>;
  // Called after each sample; throws to stop (Ctrl-C).
  using Progress = std::function<void(uint64_t done, uint64_t total)>;

  Calibrator(HostServices& services, ModuleTree& tree, FindObserver find) : services_(services), tree_(tree), find_(std::move(find)) {}

  // Observes every parameter once and codes it. Throws Error (kData) naming a tensor that is not finite.
  void convert_parameters();
  // Runs `entry` in calibrate mode on samples [0, count). A tensor that is not finite is an error naming site and sample.
  void observe(Runtime& runtime, const std::string& entry, const InputSource& inputs, uint64_t count, const Progress& progress);
  // Gives each activation site its qparams. A site that no sample reached is an error naming it.
  void convert_activations();

 private:
  void observe_activation(int site, const Tensor& x, uint64_t sample);

  HostServices& services_;
  ModuleTree& tree_;
  FindObserver find_;
  std::map<int, Observer> observers_;  // by site; made when the first tensor shows its shape
};

}  // namespace vernier::core
