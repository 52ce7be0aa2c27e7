#include "calibration/declared_qparams.h"

#include <fmt/format.h>

#include "vernier/core/error.h"

namespace vernier::core {

QParams qparams_of_range(HostServices& services, LoadedObserver loaded, const Site& site,
                         const Shape& shape) {
  Spec spec = site.spec;
  Shape two = {2};
  const bool is_by_channel = spec.granularity == Granularity::kChannel;
  if (is_by_channel) {
    if (spec.axis >= static_cast<int64_t>(shape.size()))
      throw plugin_error(fmt::format("site {}: channel axis {} of a tensor of shape {}", site.path, spec.axis,
                                     to_string(shape)),
                         site.path, "set another axis, or granularity tensor");
    two.insert(two.begin(), shape[static_cast<size_t>(spec.axis)]);
    spec.axis = 0;
  }
  if (spec.granularity == Granularity::kBlock)
    two.insert(two.begin(), as_observed(spec, {kFloat32, shape, nullptr, nullptr}, site.path).shape.front());
  Tensor numbers = Tensor::allocate(kFloat32, two);
  for (int64_t i = 0; i < numbers.elements(); ++i)
    numbers.mutable_as<float>()[i] = i % 2 == 0 ? site.range->low : site.range->high;
  Observer observer(services, std::move(loaded), spec, two, site.path);
  observer.collect(numbers, ValueRange{site.range->low, site.range->high});
  QParams qparams = observer.qparams();
  if (is_by_channel) qparams.axis = site.spec.axis;
  return qparams;
}

std::vector<int> tied_with(const ModuleTree& tree, int site) {
  const int own = tree.sites.at(static_cast<size_t>(site)).tied_to, owner = own < 0 ? site : own;
  std::vector<int> sites;
  for (int i = 0; i < static_cast<int>(tree.sites.size()); ++i) {
    if (i == owner || tree.sites[static_cast<size_t>(i)].tied_to == owner) sites.push_back(i);
  }
  return sites;
}

}  // namespace vernier::core
