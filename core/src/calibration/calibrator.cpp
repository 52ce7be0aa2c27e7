#include "calibration/calibrator.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "calibration/declared_qparams.h"
#include "calibration/weight_scales.h"
#include "device/device.h"
#include "interpreter/constant_evaluator.h"
#include "text/with_note.h"

namespace vernier::core {

namespace {

// Empty where an element is not finite. Travels with the tensor: the observer usually asks for it.
std::optional<ValueRange> finite_range(const Tensor& x, Device& device) {
  ValueRange range;
  if (!device.range(x, -1, {&range.low, 1}, {&range.high, 1})) return std::nullopt;
  return range;
}

std::string not_finite_hint(const Parameter& parameter) {
  if (parameter.is_computed())
    return "a forward makes it of other constants, which are finite; look for a division or an overflow";
  if (parameter.is_filled) return "its wrapper gives these numbers";
  return "the checkpoint is damaged, or was saved after a diverged training";
}

// A wrapper that has no batch axis in mind fails on shapes; the message then says what they come from.
Error of_stacked(const Error& error, uint64_t samples, const std::string& where) {
  if (error.kind() != ErrorKind::kPlugin) return error;
  return with_note(
      error, {fmt::format("the forward of {} stacked samples failed, that of one did not", samples), where,
              kOneByOne});
}

}  // namespace

void Calibrator::collect(int site, const Tensor& x, const ValueRange& range) {
  Site& target = tree_.sites[site];
  shapes_.try_emplace(site, x.shape);
  if (target.range) {
    target.collected = 1;
    return;
  }
  const Tensor seen = as_observed(target.spec, x, target.path);
  observers_.try_emplace(site, services_, find_(target.spec.observer), target.spec, seen.shape, target.path)
      .first->second.collect(seen, range);
  ++target.collected;
}

std::optional<QParams> Calibrator::qparams(int site) {
  const Site& target = tree_.sites[site];
  const auto shape = shapes_.find(site);
  if (target.range && shape != shapes_.end())
    return qparams_of_range(services_, find_(target.spec.observer), target, shape->second);
  const auto found = observers_.find(site);
  if (found == observers_.end()) return std::nullopt;
  std::optional<QParams> result = found->second.qparams();
  observers_.erase(found);
  return result;
}

void Calibrator::find_zero_codes(const Parameter& parameter) {
  Site& site = tree_.sites[parameter.site];
  if (site.qparams->is_float) return;
  site.zero_codes = zero_codes(parameter.source, *site.qparams, services_.device());
  if (!may_lose_) require_weight(parameter, site, scales_from_);
}

void Calibrator::collect_weight(WeightObserver& weights, const Parameter& parameter, bool is_alone) {
  const WeightName name{parameter.path, parameter.site < 0 ? "" : tree_.sites[parameter.site].path,
                        not_finite_hint(parameter)};
  const bool has_owner = parameter.site >= 0 && tree_.sites[parameter.site].tied_to >= 0;
  if (parameter.site < 0 || has_owner || tree_.sites[parameter.site].range) {
    weights.require_finite(parameter.source, name);
    if (parameter.site >= 0 && !has_owner) collect(parameter.site, parameter.source, {});
    return;
  }
  Site& site = tree_.sites[parameter.site];
  if (is_alone) {
    site.qparams = weights.observe(find_(site.spec.observer), site.spec, parameter.source, name);
    site.collected = 1;
    return;
  }
  weights.require_finite(parameter.source, name);
  const Tensor values = services_.device().widen(parameter.source, all_rows(parameter.source), kFloat32);
  collect(parameter.site, values, *finite_range(values, services_.device()));
}

void Calibrator::compute(Parameter& parameter) {
  services_.control().check();
  compute_constant(parameter, tree_, services_.device(), services_.control());
  if (parameter.source.elements() == 0)
    throw data_error(fmt::format("tensor {} has no elements", parameter.path), parameter.path);
}

void Calibrator::take_given(bool may_lose, const std::filesystem::path& from) {
  scales_from_ = from.string();
  WeightObserver weights(services_);
  for (Parameter& parameter : tree_.parameters) {
    compute(parameter);
    if (parameter.source.dtype.is_integer() || parameter.source.dtype == kBool) continue;
    const Site* site = parameter.site < 0 ? nullptr : &tree_.sites[parameter.site];
    weights.require_finite(parameter.source,
                           {parameter.path, site == nullptr ? "" : site->path, not_finite_hint(parameter)});
    if (site == nullptr) continue;
    // What a bias did to the scales of channels, the run that wrote them let pass.
    may_lose_ = may_lose || (!site->raised.empty() && site->qparams->axis >= 0);
    find_zero_codes(parameter);
  }
}

void Calibrator::convert_parameters(bool may_lose) {
  may_lose_ = may_lose;
  WeightObserver weights(services_);
  std::map<int, std::vector<const Parameter*>> open;  // by site: what it is still to see
  for (const Parameter& parameter : tree_.parameters) {
    if (parameter.site >= 0) open[parameter.site].push_back(&parameter);
  }
  const auto count = static_cast<uint64_t>(std::ranges::count_if(
      open, [&](const auto& one) { return one.first >= 0 && tree_.sites[one.first].tied_to < 0; }));
  uint64_t done = 0;
  for (Parameter& parameter : tree_.parameters) {
    compute(parameter);
    if (parameter.source.dtype.is_integer() || parameter.source.dtype == kBool) continue;
    const std::vector<const Parameter*>& all = open[parameter.site];
    collect_weight(weights, parameter, all.size() == 1);
    if (parameter.site < 0 || all.back() != &parameter) continue;
    Site& site = tree_.sites[parameter.site];
    if (site.tied_to >= 0) continue;
    if (!site.qparams) site.qparams = qparams(parameter.site);
    services_.control().report({"observe_weights", {}, ++done, count, "weights"});
    for (const Parameter* each : all) find_zero_codes(*each);
  }
}

void Calibrator::observe_activation(int site, const Tensor& x, const Batch& batch, const std::string& where) {
  Site& target = tree_.sites[site];
  if (x.elements() == 0) return;
  if (target.qparams) {
    throw plugin_error(
        fmt::format("site {} gets a constant in one entry or for some input shapes, and values of "
                    "samples in others",
                    target.path),
        "site " + target.path, "give each a site of its own; a tie gives them the same qparams");
  }
  const auto range = finite_range(x, services_.device());
  if (!range) {
    throw data_error(fmt::format("site {} saw NaN or Inf in calibration {}", target.path, batch.name()),
                     "site " + target.path,
                     "look at the inputs there; if they are finite, the model overflows on them");
  }
  if (target.tied_to >= 0 && !target.joins) return;
  collect_activation(target.joins ? target.tied_to : site, x, *range, batch, where);
}

void Calibrator::collect_activation(int site, const Tensor& x, const ValueRange& range, const Batch& batch,
                                    const std::string& where) {
  const Site& target = tree_.sites[site];
  const bool is_by_first_axis = target.spec.granularity == Granularity::kChannel && target.spec.axis == 0;
  if (batch.samples > 1 && is_by_first_axis) {
    throw usage_error(
        fmt::format("site {} has a scale for each element of axis 0, along which samples are stacked",
                    target.path),
        where, "leave batch_size out, or set another axis");
  }
  collect(site, x, range);
}

SweepSample Calibrator::watched(Batch batch, const std::string& where, const KeepOutputs& keep) {
  SweepSample sample;
  sample.samples = batch.samples;
  const Batch known{batch.first, batch.samples, {}, {}};
  sample.lanes.push_back(
      {Reading::kCalibrate, [inputs = std::move(batch.inputs)]() mutable { return std::move(inputs); },
       [this, known, where](int site, const Tensor& x) { observe_activation(site, x, known, where); }});
  sample.explain = [known](const Error& error) {
    const std::string text = "calibration " + known.name();
    if (error.kind() == ErrorKind::kInternal || error.format().find(text) != std::string::npos) return error;
    return with_note(error, {text + " was on its way", {}, {}});
  };
  if (batch.samples == 1 && keep)
    sample.finish = [keep, first = batch.first](std::vector<std::vector<Tensor>> outputs) {
      keep(first, std::move(outputs[0]));
    };
  return sample;
}

void Calibrator::observe(EntryRunner& runner, Batches& batches, const SweepLimits& limits,
                         const Progress& progress, const KeepOutputs& keep) {
  bool is_held = false;
  std::optional<Batch> stacked;  // whose last sample is on its way alone
  std::vector<Tensor> alone;
  const std::string& where = batches.where();
  const auto compared = [&](Batch batch) {
    const uint64_t count = batch.samples;
    SweepSample sample = watched(std::move(batch), where, {});
    sample.explain = [&where, count](const Error& error) { return of_stacked(error, count, where); };
    sample.finish = [&, count](std::vector<std::vector<Tensor>> outputs) {
      require_independent_samples(outputs[0], alone, count, where);
      alone.clear();
    };
    return sample;
  };
  const auto next = [&]() -> std::optional<SweepSample> {
    if (stacked) return compared(*std::exchange(stacked, std::nullopt));
    if (batches.done()) return std::nullopt;
    Batch batch = batches.next();
    if (batch.samples == 1 || is_held) return watched(std::move(batch), where, keep);
    // Alone first: where this fails too, it is not for the batch.
    is_held = true;
    SweepSample sample;
    sample.samples = 0;
    sample.lanes.push_back({Reading::kFloat,
                            [inputs = std::move(batch.last_sample)]() mutable { return std::move(inputs); },
                            {}});
    sample.finish = [&alone](std::vector<std::vector<Tensor>> outputs) { alone = std::move(outputs[0]); };
    stacked = std::move(batch);
    return sample;
  };
  uint64_t told = 0;
  const auto count = [&](uint64_t done) {
    if (progress) progress();
    if (done == told) return;
    services_.control().report({"calibrate", {}, told = done, batches.count(), "samples"});
  };
  Sweep([&](std::span<const TensorType> types) { return runner.compiled(types); }, limits,
        services_.control())
      .run(batches.count(), next, count);
}

void Calibrator::convert_activations() {
  for (size_t index = 0; index < tree_.sites.size(); ++index) {
    services_.control().check();
    Site& site = tree_.sites[index];
    if (site.qparams || site.tied_to >= 0) continue;  // a parameter's, or another site's
    if (!site.is_reached) continue;
    site.qparams = qparams(static_cast<int>(index));
    if (!site.qparams) {
      throw data_error(
          fmt::format("site {} was never observed", site.path), "site " + site.path,
          "no calibration sample reached it: the wrapper declares a site that this entry does "
          "not use, the samples take another way, or none of their rows is one that it observes");
    }
  }
  observers_.clear();
  for (Site& site : tree_.sites) {
    if (site.tied_to >= 0) site.qparams = tree_.sites[site.tied_to].qparams;
  }
  for (const Parameter& parameter : tree_.parameters) {
    if (parameter.site >= 0 && tree_.sites[parameter.site].tied_to >= 0) find_zero_codes(parameter);
  }
}

}  // namespace vernier::core
