#include "calibration/calibrator.h"

#include <fmt/format.h>

#include <map>
#include <optional>
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
  return parameter.is_computed()
             ? "a forward makes it of other constants, which are finite; look for a division or an overflow"
             : "the checkpoint is damaged, or was saved after a diverged training";
}

// A wrapper that has no batch axis in mind fails on shapes; the message then says what they come from.
std::vector<Tensor> forward_stacked(EntryRunner& runner, const Batch& batch,
                                    const EntryRunner::Observe& observe, const std::string& where) {
  try {
    return runner.run(Reading::kCalibrate, batch.inputs, observe);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kPlugin) throw;
    throw with_note(
        error, {fmt::format("the forward of {} stacked samples failed, that of one did not", batch.samples),
                where, kOneByOne});
  }
}

}  // namespace

Calibrator::Values Calibrator::finite_values(Parameter& parameter) {
  Device& device = services_.device();
  compute_constant(parameter, tree_, device, services_.control());
  if (parameter.source.elements() == 0)
    throw data_error(fmt::format("tensor {} has no elements", parameter.path), parameter.path);
  if (parameter.source.dtype.is_integer() || parameter.source.dtype == kBool) return {};
  Tensor values = device.widen(parameter.source, all_rows(parameter.source), kFloat32);
  if (const auto range = finite_range(values, device)) return {std::move(values), *range};
  throw data_error(fmt::format("tensor {} holds NaN or Inf", parameter.path),
                   parameter.site < 0 ? parameter.path : "site " + tree_.sites[parameter.site].path,
                   not_finite_hint(parameter));
}

void Calibrator::collect(int site, const Tensor& x, const ValueRange& range) {
  Site& target = tree_.sites[site];
  if (target.range) {
    shapes_.try_emplace(site, x.shape);
    target.collected = 1;
    return;
  }
  observers_.try_emplace(site, services_, find_(target.spec.observer), target.spec, x.shape, target.path)
      .first->second.collect(x, range);
  ++target.collected;
}

std::optional<QParams> Calibrator::qparams(int site) {
  const Site& target = tree_.sites[site];
  if (const auto shape = shapes_.find(site); shape != shapes_.end())
    return qparams_of_range(services_, find_(target.spec.observer), target, shape->second);
  const auto found = observers_.find(site);
  if (found == observers_.end()) return std::nullopt;
  std::optional<QParams> result = found->second.qparams();
  observers_.erase(found);
  return result;
}

void Calibrator::code(Parameter& parameter, const Tensor& values) {
  Site& site = tree_.sites[parameter.site];
  if (site.qparams->is_float) return;
  parameter.codes = services_.device().encode(values, all_rows(values), *site.qparams);
  site.zero_codes = zero_codes(values, *site.qparams);
  if (!may_lose_) require_weight(parameter, site);
}

void Calibrator::convert_parameters(bool may_lose) {
  may_lose_ = may_lose;
  std::map<int, std::vector<Parameter*>> open;  // by site: what it is still to see
  for (Parameter& parameter : tree_.parameters) {
    if (parameter.site >= 0) open[parameter.site].push_back(&parameter);
  }
  uint64_t done = 0;
  for (Parameter& parameter : tree_.parameters) {
    services_.control().check();
    const Values values = finite_values(parameter);
    if (parameter.site < 0) continue;
    Site& site = tree_.sites[parameter.site];
    if (site.tied_to >= 0) continue;
    collect(parameter.site, values.tensor, values.range);
    const std::vector<Parameter*>& all = open[parameter.site];
    if (all.back() != &parameter) continue;
    site.qparams = qparams(parameter.site);
    services_.control().report({"observe_weights", {}, ++done, 0});
    for (Parameter* each : all) code(*each, each == &parameter ? values.tensor : finite_values(*each).tensor);
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
  if (target.tied_to >= 0) return;
  collect_activation(site, x, *range, batch, where);
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

void Calibrator::observe(EntryRunner& runner, Batches& batches, const Progress& progress) {
  bool is_held = false;
  while (!batches.done()) {
    services_.control().check();
    const Batch batch = batches.next();
    const auto observe = [&](int site, const Tensor& x) {
      observe_activation(site, x, batch, batches.where());
    };
    if (batch.samples == 1 || is_held) {
      runner.run(Reading::kCalibrate, batch.inputs, observe);
    } else {
      // Alone first: where this fails too, it is not for the batch.
      const std::vector<Tensor> alone = runner.run(Reading::kFloat, batch.last_sample);
      const std::vector<Tensor> together = forward_stacked(runner, batch, observe, batches.where());
      require_independent_samples(together, alone, batch.samples, batches.where());
      is_held = true;
    }
    if (progress) progress();
    services_.control().report({"calibrate", {}, batches.taken(), batches.count()});
  }
}

void Calibrator::convert_activations() {
  for (size_t index = 0; index < tree_.sites.size(); ++index) {
    services_.control().check();
    Site& site = tree_.sites[index];
    if (site.qparams || site.tied_to >= 0) continue;  // a parameter's, or another site's
    if (!site.is_reached) continue;
    site.qparams = qparams(static_cast<int>(index));
    if (!site.qparams) {
      throw data_error(fmt::format("site {} was never observed", site.path), "site " + site.path,
                       "no calibration sample reached it: the wrapper declares a site that this entry does "
                       "not use, or the samples take another way");
    }
  }
  observers_.clear();
  for (Site& site : tree_.sites) {
    if (site.tied_to >= 0) site.qparams = tree_.sites[site.tied_to].qparams;
  }
  for (Parameter& parameter : tree_.parameters) {
    if (parameter.site >= 0 && tree_.sites[parameter.site].tied_to >= 0)
      code(parameter, finite_values(parameter).tensor);
  }
}

}  // namespace vernier::core
