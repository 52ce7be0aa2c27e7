#include "calibration/calibrator.h"

#include <fmt/format.h>

#include <optional>

#include "calibration/weight_scales.h"
#include "device/device.h"
#include "text/with_note.h"

namespace vernier::core {

namespace {

// Empty where an element is not finite. Travels with the tensor: the observer usually asks for it.
std::optional<ValueRange> finite_range(const Tensor& x, Device& device) {
  ValueRange range;
  if (!device.range(x, -1, {&range.low, 1}, {&range.high, 1})) return std::nullopt;
  return range;
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

void Calibrator::convert_parameters(bool may_lose) {
  Device& device = services_.device();
  uint64_t done = 0;
  for (Parameter& parameter : tree_.parameters) {
    services_.control().check();
    const Tensor values = device.widen(parameter.source, all_rows(parameter.source), kFloat32);
    if (values.elements() == 0)
      throw data_error(fmt::format("tensor {} has no elements", parameter.path), parameter.path);
    const auto range = finite_range(values, device);
    if (!range) {
      throw data_error(fmt::format("tensor {} holds NaN or Inf", parameter.path),
                       parameter.site < 0 ? parameter.path : "site " + tree_.sites[parameter.site].path,
                       "the checkpoint is damaged, or was saved after a diverged training");
    }
    if (parameter.site < 0) continue;
    Site& site = tree_.sites[parameter.site];
    Observer observer(services_, find_(site.spec.observer), site.spec, values.shape, site.path);
    observer.collect(values, *range);
    site.collected = 1;
    site.qparams = observer.qparams();
    services_.control().report({"observe_weights", {}, ++done, 0});
    if (site.qparams->is_float) continue;
    parameter.codes = device.encode(values, all_rows(values), *site.qparams);
    site.zero_codes = zero_codes(values, *site.qparams);
    if (!may_lose) require_weight(parameter, site);
  }
}

void Calibrator::observe_activation(int site, const Tensor& x, const Batch& batch, const std::string& where) {
  Site& target = tree_.sites[site];
  if (x.elements() == 0) return;
  const auto range = finite_range(x, services_.device());
  if (!range) {
    throw data_error(fmt::format("site {} saw NaN or Inf in calibration {}", target.path, batch.name()),
                     "site " + target.path,
                     "look at the inputs there; if they are finite, the model overflows on them");
  }
  auto found = observers_.find(site);
  if (found == observers_.end()) {
    found = observers_
                .try_emplace(site, services_, find_(target.spec.observer), target.spec, x.shape, target.path)
                .first;
  }
  if (batch.samples > 1 && found->second.axis() == 0) {
    throw usage_error(
        fmt::format("site {} has a scale for each element of axis 0, along which samples are stacked",
                    target.path),
        where, "leave batch_size out, or set another axis");
  }
  found->second.collect(x, *range);
  ++target.collected;
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
    if (site.qparams) continue;  // a parameter's
    const auto found = observers_.find(static_cast<int>(index));
    if (found == observers_.end()) {
      throw data_error(fmt::format("site {} was never observed", site.path), "site " + site.path,
                       "no calibration sample reached it: the wrapper declares a site that this entry does "
                       "not use, or the samples take another way");
    }
    site.qparams = found->second.qparams();
  }
  observers_.clear();
}

}  // namespace vernier::core
