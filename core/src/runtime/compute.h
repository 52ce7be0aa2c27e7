// The float maths behind the ops. The host has one implementation, on LibTorch; this face keeps it out of
// every other room.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "runtime/op.h"
#include "vernier/core/compute_factory.h"

namespace vernier::core {

class Compute {
 public:
  virtual ~Compute() = default;
  // Runs op `id` of op_signatures(). Arguments have passed the signature; shapes have not been checked.
  // float32 results, dense. Throws Error (kPlugin) that says which shapes do not fit. [one thread at a time]
  virtual Tensor run(uint32_t id, std::span<const OpArgument> arguments) = 0;
  // Runs `work`, which throws nothing, on `threads` of the threads that run() uses, the caller among them;
  // returns when each is done. In a call from `work` itself: on the caller alone.
  virtual void share(int threads, const std::function<void()>& work) = 0;
};

}  // namespace vernier::core
