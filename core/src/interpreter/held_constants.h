// Constants in the form that ops read, kept for the samples that come.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "tensor/tensor.h"

namespace vernier::core {

// A weight of half precision is widened to float32 before an op reads it, and a quantized one goes through
// its codes: of a row of samples only the first needs to do that. What would pass the limit is not kept and
// is made by each reader, as without this.
class HeldConstants {
 public:
  // Lets go of all; from now on at most `most_bytes` are held. `takes_any`: and a first one of any size,
  // which somebody needs in memory anyway.
  void start(uint64_t most_bytes, bool takes_any = false) {
    held_.clear();
    bytes_ = 0;
    most_bytes_ = most_bytes;
    takes_any_ = takes_any;
  }

  // The form of parameter `parameter` that `make()` returns; `is_quantized` tells its two forms apart. One
  // that is its `source` handed through costs nothing. [one thread at a time]
  template <typename Make>
  Tensor find(int32_t parameter, bool is_quantized, const Tensor& source, Make&& make) {
    const std::pair<int32_t, bool> key{parameter, is_quantized};
    if (const auto found = held_.find(key); found != held_.end()) return found->second;
    Tensor made = make();
    if (parameter < 0 || made.data == source.data) return made;
    const uint64_t bytes = made.bytes();
    if (!takes(bytes)) return made;
    bytes_ += bytes;
    held_.emplace(key, made);
    return made;
  }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] bool takes(uint64_t bytes) const {
    return (takes_any_ && held_.empty()) || (bytes_ <= most_bytes_ && bytes <= most_bytes_ - bytes_);
  }

  uint64_t most_bytes_ = 0;
  bool takes_any_ = false;
  uint64_t bytes_ = 0;
  std::map<std::pair<int32_t, bool>, Tensor> held_;
};

}  // namespace vernier::core
