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
  explicit HeldConstants(uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // The form of parameter `parameter` that `make()` returns; `is_quantized` tells its two forms apart. One
  // that is its `source` handed through costs nothing. [one thread at a time]
  template <typename Make>
  Tensor find(int32_t parameter, bool is_quantized, const Tensor& source, Make&& make) {
    const std::pair<int32_t, bool> key{parameter, is_quantized};
    if (const auto found = held_.find(key); found != held_.end()) return found->second;
    Tensor made = make();
    const uint64_t bytes = made.data == source.data ? 0 : made.bytes();
    if (parameter < 0 || bytes > most_bytes_ - bytes_) return made;
    bytes_ += bytes;
    held_.emplace(key, made);
    return made;
  }
  void clear() {
    held_.clear();
    bytes_ = 0;
  }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }

 private:
  const uint64_t most_bytes_;
  uint64_t bytes_ = 0;
  std::map<std::pair<int32_t, bool>, Tensor> held_;
};

}  // namespace vernier::core
