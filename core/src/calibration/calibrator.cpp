#include "calibration/calibrator.h"

#include <fmt/format.h>

#include <cmath>

#include "host/range_memo.h"
#include "kernels/min_max.h"
#include "quantization/site_quant.h"

namespace vernier::core {

namespace {

// True where every element is finite. Leaves the range behind for the observer, which usually asks for the same one.
bool remember_range(const Tensor& x, ThreadPool& pool) {
  float low = 0, high = 0;
  min_max(x.as<float>(), x.elements(), low, high, pool);
  RangeMemo::set(x.data, static_cast<uint64_t>(x.elements()), low, high);
  return std::isfinite(low) && std::isfinite(high);
}

// Keeps the remembered range from outliving the tensor's memory.
struct ForgetRange {
  ~ForgetRange() { RangeMemo::clear(); }
};

}  // namespace

void Calibrator::convert_parameters() {
  for (Parameter& parameter : tree_.parameters) {
    if (parameter.site < 0) continue;
    Site& site = tree_.sites[parameter.site];
    const ForgetRange forget;
    const Tensor values = to_float32(parameter.source, services_.pool());
    if (values.elements() == 0) throw data_error(fmt::format("tensor {} has no elements", parameter.path), parameter.path);
    if (!remember_range(values, services_.pool())) {
      throw data_error(fmt::format("tensor {} holds NaN or Inf", parameter.path), "site " + site.path, "the checkpoint is damaged, or was saved after a diverged training");
    }
    Observer observer(services_, find_(site.spec.observer), site.spec, values.shape, site.path);
    observer.collect(values);
    site.collected = 1;
    site.qparams = observer.qparams();
    if (!site.qparams->is_float) parameter.codes = encode(values, *site.qparams, services_.pool());
  }
}

void Calibrator::observe_activation(int site, const Tensor& x, uint64_t sample) {
  Site& target = tree_.sites[site];
  if (x.elements() == 0) return;
  const ForgetRange forget;
  if (!remember_range(x, services_.pool())) {
    throw data_error(fmt::format("site {} saw NaN or Inf in calibration sample {}", target.path, sample), "site " + target.path,
                     "look at that sample's inputs; if they are finite, the model overflows on them");
  }
  auto found = observers_.find(site);
  if (found == observers_.end()) {
    found = observers_.try_emplace(site, services_, find_(target.spec.observer), target.spec, x.shape, target.path).first;
  }
  found->second.collect(x);
  ++target.collected;
}

void Calibrator::observe(Runtime& runtime, const std::string& entry, const InputSource& inputs, uint64_t count, const Progress& progress) {
  for (uint64_t index = 0; index < count; ++index) {
    const std::vector<Tensor> sample = inputs.sample(index);
    runtime.forward(Mode::kCalibrate, entry, sample, nullptr, [&](int site, const Tensor& x) { observe_activation(site, x, index); });
    if (progress) progress(index + 1, count);
  }
}

void Calibrator::convert_activations() {
  for (size_t index = 0; index < tree_.sites.size(); ++index) {
    Site& site = tree_.sites[index];
    if (site.qparams) continue;  // a parameter's
    const auto found = observers_.find(static_cast<int>(index));
    if (found == observers_.end()) {
      throw data_error(fmt::format("site {} was never observed", site.path), "site " + site.path,
                       "no calibration sample reached it: the wrapper declares a site that this entry does not use, or the samples take another way");
    }
    site.qparams = found->second.qparams();
  }
  observers_.clear();
}

}  // namespace vernier::core
