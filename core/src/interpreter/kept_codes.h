// Codes of weights that a session reads whole more than once.
#pragma once

#include <cstdint>
#include <map>

#include "device/device.h"

namespace vernier::core {

// Codes are a function of (values, qparams). The quantized run, the exact run of each sample and each file
// that holds a weight want the same ones; so the first weights that are asked for are kept, up to a limit on
// all of them. What is left over is coded as it is read: slower, and never more than a piece of it in memory.
// Tables that are read by rows need neither.
class KeptCodes {
 public:
  static constexpr uint64_t kMostBytes = uint64_t{64} << 20;

  // `device` must outlive this.
  explicit KeptCodes(Device& device, uint64_t most_bytes = kMostBytes)
      : device_(device), most_bytes_(most_bytes) {}

  // The codes of all of `values`; undefined where they would pass the limit. `parameter` is its place in the
  // tree and stands for these values. Codes that were made with other qparams are made anew. [one thread at a
  // time]
  Tensor find(int32_t parameter, const Tensor& values, const QParams& qparams);
  // Those that are kept; undefined where there are none with these qparams.
  [[nodiscard]] Tensor kept(int32_t parameter, const QParams& qparams) const;
  // Of all that is kept.
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  struct Kept {
    QParams qparams;
    Tensor codes;
  };

  Device& device_;
  uint64_t most_bytes_;
  uint64_t bytes_ = 0;
  std::map<int32_t, Kept> kept_;
};

}  // namespace vernier::core
