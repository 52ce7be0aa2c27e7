// Calibrate and convert: observers watch the sites, then give them qparams and the weights their codes.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "calibration/batches.h"
#include "calibration/observer.h"
#include "interpreter/entry_runner.h"
#include "module/module_tree.h"

namespace vernier::core {

class Calibrator {
 public:
  using FindObserver = std::function<LoadedObserver(const std::string& name)>;
  // Called after each forward; throws to end the run (the recipe's memory limit).
  using Progress = std::function<void()>;

  Calibrator(HostServices& services, ModuleTree& tree, FindObserver find)
      : services_(services), tree_(tree), find_(std::move(find)) {}

  // Observes every parameter that has a site once and codes it. Throws Error (kData) naming a tensor that is
  // not finite, with or without a site, and unless `may_lose` a weight whose codes all mean 0 although its
  // values do not.
  void convert_parameters(bool may_lose = false);
  // Runs the entry in the calibrate reading on all samples of `batches`; what reaches a site in one forward
  // is one tensor to its observer. The first batch of several samples is held to the forward of one. Throws
  // Error: a tensor that is not finite (naming site and samples), a model that cannot take several samples at
  // once, an observer of channels along the axis that they are stacked on.
  void observe(EntryRunner& runner, Batches& batches, const Progress& progress);
  // Gives each activation site its qparams. A site that no sample reached is an error naming it.
  void convert_activations();

 private:
  void observe_activation(int site, const Tensor& x, const Batch& batch, const std::string& where);

  HostServices& services_;
  ModuleTree& tree_;
  FindObserver find_;
  std::map<int, Observer> observers_;  // by site; made when the first tensor shows its shape
};

}  // namespace vernier::core
