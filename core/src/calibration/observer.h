// One observer plugin instance at one site.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "abi/host_services.h"
#include "plugin/loaded.h"
#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Least and greatest element of a tensor.
struct ValueRange {
  float low = 0;
  float high = 0;
};

// Throws Error (kPlugin) naming the site where the observer was built before there were blocks and the spec
// wants them.
// Throws the same also where its manifest does not list the spec's granularity; said at plan.
void require_granularity(const LoadedObserver& loaded, const Spec& spec, const std::string& site);
void require_blocks(const LoadedObserver& loaded, const Spec& spec, const std::string& site);

// As the observer of a site sees `x`: with blocks [blocks, elements of a block], else as it is. Throws Error
// (kPlugin) naming the site where the last extent is no multiple of the block.
[[nodiscard]] Tensor as_observed(const Spec& spec, const Tensor& x, const std::string& site);

class Observer {
 public:
  // `spec` is resolved; `shape` is that of the tensors to come, which decides how many scales a channel axis
  // means; with blocks [blocks, elements of a block]. `first_channel`: which of the site's channels the first
  // of these tensors is, for messages. Throws Error (kPlugin) naming the site when the axis does not fit or
  // the observer cannot serve the spec.
  Observer(HostServices& services, LoadedObserver loaded, const Spec& spec, const Shape& shape,
           std::string site, int64_t first_channel = 0);

  // Of the channels, counted from the front; -1 where one scale is for all.
  [[nodiscard]] int64_t axis() const { return spec_.axis; }
  // A finite float32 tensor, and its range where that is known. [one thread at a time]
  void collect(const Tensor& x, std::optional<ValueRange> range = {});
  // Checked: finite scales above 0, zero points inside the code range.
  QParams qparams();
  // What an observer with the same state would go on from, see vernier_observer::save; empty state(): it
  // cannot be kept. Throws Error (kPlugin) with the observer's status.
  [[nodiscard]] const std::string& state() const { return loaded_.state; }
  [[nodiscard]] const std::string& library() const { return loaded_.sha256; }
  [[nodiscard]] std::string save();
  void load(std::string_view state);

 private:
  HostServices& services_;
  LoadedObserver loaded_;
  Spec spec_;
  vernier_spec abi_spec_{};
  std::string site_;
  int64_t first_channel_;
  std::shared_ptr<void> instance_;
};

}  // namespace vernier::core
