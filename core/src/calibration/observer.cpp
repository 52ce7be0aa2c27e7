#include "calibration/observer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "abi/plugin_object.h"
#include "text/contains.h"

namespace vernier::core {

void require_granularity(const LoadedObserver& loaded, const Spec& spec, const std::string& site) {
  const std::string wanted = to_string(spec.granularity);
  if (loaded.granularities.empty() || contains(loaded.granularities, wanted))
    return require_blocks(loaded, spec, site);
  throw plugin_error(
      fmt::format("observer {} gives no scale for each {}", spec.observer, wanted),
      fmt::format("site {} (plugin {})", site, loaded.plugin),
      fmt::format("set granularity {} for it in a rule, or use another observer, such as minmax",
                  fmt::join(loaded.granularities, " or ")))
      .with(VERNIER_UNIMPLEMENTED);
}

void require_blocks(const LoadedObserver& loaded, const Spec& spec, const std::string& site) {
  if (spec.granularity != Granularity::kBlock || loaded.abi_minor >= 2) return;
  throw plugin_error(
      fmt::format("observer {} was built for ABI 1.{} and knows no blocks", spec.observer, loaded.abi_minor),
      fmt::format("site {} (plugin {})", site, loaded.plugin),
      "set granularity tensor or channel, or use an observer of ABI 1.2")
      .with(VERNIER_UNIMPLEMENTED);
}

Tensor as_observed(const Spec& spec, const Tensor& x, const std::string& site) {
  if (spec.granularity != Granularity::kBlock) return x;
  if (x.shape.size() < 2 || x.shape.back() % spec.block_size != 0)
    throw plugin_error(fmt::format("site {}: blocks of {} along the last axis of a tensor of shape {}", site,
                                   spec.block_size, to_string(x.shape)),
                       "site " + site,
                       "it has two axes at least, and a last extent that is a multiple of block_size");
  Tensor blocks = x;
  blocks.shape = {x.elements() / spec.block_size, spec.block_size};
  return blocks;
}

Observer::Observer(HostServices& services, LoadedObserver loaded, const Spec& spec, const Shape& shape,
                   std::string site, int64_t first_channel)
    : services_(services),
      loaded_(std::move(loaded)),
      spec_(spec),
      site_(std::move(site)),
      first_channel_(first_channel) {
  if (spec_.granularity == Granularity::kChannel) {
    const auto rank = static_cast<int64_t>(shape.size());
    if (spec_.axis < 0) spec_.axis += rank;
    if (spec_.axis < 0 || spec_.axis >= rank) {
      throw plugin_error(
          fmt::format("site {}: channel axis {} of a tensor of shape {}", site_, spec.axis, to_string(shape)),
          site_, "set another axis, or granularity tensor");
    }
  } else {
    spec_.axis = spec_.granularity == Granularity::kBlock ? 0 : -1;
  }
  require_blocks(loaded_, spec_, site_);
  // Older observers copy as much as they know and hand the copy back to the kernels, `size` included.
  const bool knows_blocks = loaded_.abi_minor >= 2;
  abi_spec_.size =
      knows_blocks ? VERNIER_SIZE_UP_TO(vernier_spec, block_rank) : VERNIER_SIZE_UP_TO(vernier_spec, count);
  abi_spec_.dtype = spec_.dtype;
  abi_spec_.scheme = static_cast<int32_t>(spec_.scheme);
  abi_spec_.granularity = static_cast<int32_t>(spec_.granularity);
  abi_spec_.axis = spec_.axis;
  abi_spec_.count = spec_.axis < 0 ? 1 : static_cast<uint64_t>(shape[spec_.axis]);
  Shape block(shape.size(), 0);
  if (spec_.axis >= 0) block[static_cast<size_t>(spec_.axis)] = 1;
  if (spec_.granularity == Granularity::kBlock) block = {1, spec_.block_size};
  if (knows_blocks) {
    abi_spec_.site = to_abi(site_);
    abi_spec_.block = block.data();
    abi_spec_.block_rank = block.size();
  }
  void* instance = nullptr;
  services_.call(loaded_.plugin, "site " + site_, [&] {
    return loaded_.table->create(loaded_.host, &abi_spec_, to_abi(spec_.options), &instance);
  });
  instance_ = plugin_object(services_, instance, loaded_.table->destroy, loaded_.plugin, "site " + site_);
  services_.call(loaded_.plugin, "site " + site_, [&] { return loaded_.table->reset(instance_.get()); });
}

void Observer::collect(const Tensor& x, std::optional<ValueRange> range) {
  vernier_tensor view = x.view();
  if (range) {
    view.flags |= VERNIER_TENSOR_RANGE;
    view.low = range->low;
    view.high = range->high;
    view.range_of = view.data;
  }
  services_.call(loaded_.plugin, "site " + site_,
                 [&] { return loaded_.table->collect(instance_.get(), &view); });
}

QParams Observer::qparams() {
  QParams result;
  result.dtype = spec_.dtype;
  result.scheme = spec_.scheme;
  const bool has_blocks = spec_.granularity == Granularity::kBlock;
  result.axis = has_blocks ? -1 : spec_.axis;
  result.block_size = has_blocks ? spec_.block_size : 0;
  result.scale.assign(abi_spec_.count, 0.0f);
  result.zero_point.assign(abi_spec_.count, 0);
  vernier_qparams filled{};
  filled.size = VERNIER_SIZE_UP_TO(vernier_qparams, reserved);
  filled.scale = result.scale.data();
  filled.zero_point = result.zero_point.data();
  filled.count = abi_spec_.count;
  services_.call(loaded_.plugin, "site " + site_,
                 [&] { return loaded_.table->qparams(instance_.get(), &filled); });
  if (filled.kind == VERNIER_QPARAMS_FLOAT) {
    result.is_float = true;
    result.scale.clear();
    result.zero_point.clear();
    return result;
  }
  for (size_t i = 0; i < result.scale.size(); ++i) {
    const bool scale_ok = std::isfinite(result.scale[i]) && result.scale[i] > 0;
    const bool zero_ok =
        result.zero_point[i] >= spec_.dtype.qmin() && result.zero_point[i] <= spec_.dtype.qmax();
    if (scale_ok && zero_ok) continue;
    throw plugin_error(fmt::format("observer {} gave scale {} and zero point {} for {}", spec_.observer,
                                   result.scale[i], result.zero_point[i], spec_.dtype.name()),
                       fmt::format("site {}, channel {} (plugin {})", site_,
                                   first_channel_ + static_cast<int64_t>(i), loaded_.plugin),
                       "a scale is finite and above 0, a zero point lies inside the code range");
  }
  return result;
}

std::string Observer::save() {
  const void* state = nullptr;
  uint64_t length = 0;
  services_.call(loaded_.plugin, "site " + site_,
                 [&] { return loaded_.table->save(instance_.get(), &state, &length); });
  if (length != 0 && state == nullptr)
    throw plugin_error(fmt::format("observer {} gave no state", spec_.observer), "site " + site_);
  return {static_cast<const char*>(state), length};
}

void Observer::load(std::string_view state) {
  services_.call(loaded_.plugin, "site " + site_,
                 [&] { return loaded_.table->load(instance_.get(), state.data(), state.size()); });
}

}  // namespace vernier::core
