// What an observer makes of a weight of any size: shown to it piece by piece where its manifest says that
// this gives what the whole would give.
#pragma once

#include <cstdint>
#include <string>

#include "calibration/observer.h"
#include "device/device.h"
#include "quantization/zero_codes.h"

namespace vernier::core {

// What messages say of a weight.
struct WeightName {
  std::string tensor;  // path
  std::string site;    // path; empty without one
  std::string hint;    // what to do where it is not finite
};

class WeightObserver {
 public:
  // Elements that are float32 at once on a thread: few enough for the caches, enough to be worth a call.
  static constexpr int64_t kPiece = int64_t{1} << 18;

  // `services` must outlive this, and have a device by the first call.
  explicit WeightObserver(HostServices& services, int64_t piece = kPiece)
      : services_(services), piece_(piece) {}

  // The qparams of a parameter's values, which are not empty. A weight of more elements than a piece is shown
  //   with one scale, and "pieces": as runs of elements, tensors of one axis;
  //   with scales along axis 0, and "independent_channels": as groups of channels, each to an observer of its
  //   own, several at a time; a channel of more than a piece in runs of its elements, with "pieces";
  //   with scales along another axis, and "pieces": as groups of rows along axis 0;
  //   with scales for blocks, as with scales along axis 0 of [blocks, elements of a block];
  //   else whole. See plugin/manifest.h.
  // A piece is that many elements for each thread. Throws Error (kData) naming `tensor` where an element is
  // NaN or infinite, and what Observer throws; (kPlugin) where an observer leaves some channels in float.
  QParams observe(const LoadedObserver& loaded, const Spec& spec, const Tensor& given,
                  const WeightName& name);
  // Throws the same Error for a parameter without a site.
  void require_finite(const Tensor& values, const WeightName& name);

  // Bytes of memory for float32 values that observe() needs at once on a thread: nothing for values that are
  // float32.
  [[nodiscard]] static uint64_t float_bytes(const LoadedObserver& loaded, const Spec& spec,
                                            const Tensor& given, int64_t piece = kPiece);

 private:
  class Shown;

  QParams observe_groups(const LoadedObserver& loaded, const Spec& spec, const Shown& shown);

  HostServices& services_;
  int64_t piece_;
};

// See quantization/zero_codes.h; the values are a parameter's, which are finite.
[[nodiscard]] ZeroCodes zero_codes(const Tensor& values, const QParams& qparams, Device& device);

}  // namespace vernier::core
