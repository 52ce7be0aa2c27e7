// Calibrate and convert: observers watch the sites, then give them qparams.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calibration/batches.h"
#include "calibration/observations.h"
#include "calibration/observer.h"
#include "calibration/weight_observer.h"
#include "interpreter/entry_runner.h"
#include "module/module_tree.h"
#include "sweep/sweep.h"

namespace vernier::core {

class Calibrator {
 public:
  using FindObserver = std::function<LoadedObserver(const std::string& name)>;
  // Called after each forward, or piece of one; throws to end the run (the recipe's memory limit).
  using Progress = std::function<void()>;
  // Gets the outputs of a sample that ran by itself.
  using KeepOutputs = std::function<void(uint64_t sample, std::vector<Tensor> outputs)>;

  Calibrator(HostServices& services, ModuleTree& tree, FindObserver find)
      : services_(services), tree_(tree), find_(std::move(find)) {}

  // Computes the constants that forwards make and observes every parameter that has a site once, see
  // WeightObserver. A site that gets other constants for other input shapes sees each of them, whole, in the
  // order of their traces. Throws Error (kData) naming a tensor that is not finite, with or without a site,
  // and unless `may_lose` a weight whose codes would all mean 0 although its values do not.
  void convert_parameters(bool may_lose = false);
  // Runs the entry in the calibrate reading on all samples of `batches`, in a sweep; what reaches a site in
  // one forward is one tensor to its observer. The first batch of several samples is held to the forward of
  // one. `keep` may be empty. Throws Error: a tensor that is not finite (naming site and samples), a model
  // that cannot take several samples at once, an observer of channels along the axis that they are stacked
  // on.
  void observe(EntryRunner& runner, Batches& batches, const SweepLimits& limits, const Progress& progress,
               const KeepOutputs& keep = {});
  // After observe() of all units: what the observers saw; empty where one of them cannot be kept. Else the
  // same calibrator state comes from it by restore(), which takes the place of observe().
  [[nodiscard]] std::vector<SiteObservation> observations();
  // Empty, or why nothing was taken over: a site that is not among them, or whose observer goes on from none
  // of them. Throws Error (kPlugin) where an observer fails otherwise than by refusing what it is given.
  [[nodiscard]] std::string restore(const std::vector<SiteObservation>& kept);
  // In the place of all these, where sites that units reach have qparams: computes the constants that
  // forwards make and looks at parameters as convert_parameters() does. `from`: the file that gave them.
  void take_given(bool may_lose, const std::filesystem::path& from);
  // Gives each activation site its qparams, and tied sites those of their owners. A site that no sample
  // reached is an error naming it.
  void convert_activations();

 private:
  void observe_activation(int site, const Tensor& x, const Batch& batch, const std::string& where);
  // A batch whose tensors the sites' observers see.
  SweepSample watched(Batch batch, const std::string& where, const KeepOutputs& keep);
  // Shows a finite weight to its site's observer; `is_alone`: no other constant goes to that site.
  void collect_weight(WeightObserver& weights, const Parameter& parameter, bool is_alone);
  // Whatever becomes of its values, they must be there.
  void compute(Parameter& parameter);
  // Of a parameter whose site has qparams.
  void find_zero_codes(const Parameter& parameter);
  void collect_activation(int site, const Tensor& x, const ValueRange& range, const Batch& batch,
                          const std::string& where);
  // Shows it to the site's observer, unless the site has a declared range.
  void collect(int site, const Tensor& x, const ValueRange& range);
  // Empty, or why the observer of this site cannot go on from that.
  std::string restore(int site, const SiteObservation& kept);
  // Of what was collected; nothing where that is nothing.
  std::optional<QParams> qparams(int site);

  HostServices& services_;
  ModuleTree& tree_;
  FindObserver find_;
  std::map<int, Observer> observers_;  // by site; made when the first tensor shows its shape
  std::map<int, Shape> shapes_;        // of the first tensor, by site
  bool may_lose_ = false;
  std::string scales_from_;  // the file whose scales sites were given; empty: observers made them
};

}  // namespace vernier::core
