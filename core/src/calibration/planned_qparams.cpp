#include "calibration/planned_qparams.h"

#include <fmt/format.h>

#include <map>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

int64_t axis_of(const Spec& spec) { return spec.granularity == Granularity::kChannel ? spec.axis : -1; }

// One channel, or block, with the numbers -1 and 3, which no zero point in the middle of a range suits by
// chance.
Tensor two_numbers(const Spec& spec) {
  const int64_t axis = spec.granularity == Granularity::kBlock ? 0 : axis_of(spec);
  Shape shape(static_cast<size_t>(axis < 0 ? 1 : axis + 2), 1);
  shape.back() = 2;
  Tensor tensor = Tensor::allocate(kFloat32, shape);
  tensor.mutable_as<float>()[0] = -1;
  tensor.mutable_as<float>()[1] = 3;
  return tensor;
}

QParams as_the_spec_says(const Spec& spec) {
  QParams qparams;
  qparams.dtype = spec.dtype;
  qparams.scheme = spec.scheme;
  qparams.axis = axis_of(spec);
  qparams.block_size = spec.block_size;
  qparams.scale = {1};
  qparams.zero_point = {spec.scheme == Scheme::kAsymmetric ? 1 : 0};
  return qparams;
}

QParams ask(HostServices& services, const LoadedObserver& loaded, const Spec& spec, const std::string& path) {
  require_granularity(loaded, spec, path);
  try {
    const Tensor sample = two_numbers(spec);
    Observer observer(services, loaded, spec, sample.shape, path);
    observer.collect(sample);
    QParams qparams = observer.qparams();
    if (!qparams.is_float) qparams.scale.assign(qparams.scale.size(), 1);
    return qparams;
  } catch (const Error&) {
    return as_the_spec_says(spec);
  }
}

std::string key_of(const Spec& spec) {
  return fmt::format("{} {} {} {} {} {}", spec.observer, spec.options, spec.dtype.name(),
                     to_string(spec.scheme), axis_of(spec), spec.block_size);
}

}  // namespace

PlannedQparams::PlannedQparams(HostServices& services, ModuleTree& tree, const FindObserver& find)
    : tree_(tree) {
  std::map<std::string, QParams> answers;  // of the observers, which are asked once for each spec
  for (Site& site : tree.sites) {
    const std::string key = key_of(site.spec);
    const auto known = answers.find(key);
    site.qparams = known != answers.end()
                       ? known->second
                       : (answers[key] = ask(services, find(site.spec.observer), site.spec, site.path));
  }
  for (const Parameter& parameter : tree.parameters) {
    if (parameter.site < 0) continue;
    QParams& qparams = *tree.sites[parameter.site].qparams;
    if (qparams.is_float) continue;
    const std::optional<int64_t> count = scale_count(qparams, parameter.source.shape);
    if (!count) continue;  // with_qparams() tells
    qparams.scale.resize(static_cast<size_t>(*count), 1);
    qparams.zero_point.resize(static_cast<size_t>(*count), qparams.zero_point.front());
  }
}

PlannedQparams::~PlannedQparams() {
  for (Site& site : tree_.sites) site.qparams.reset();
}

}  // namespace vernier::core
