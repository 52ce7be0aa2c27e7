// Splits loops over a few threads. Chunks are fixed by the caller's grain, never by the number of threads, so results do not depend
// on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

namespace vernier::core {

class ThreadPool {
 public:
  // 0: one per core.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();

  int threads() const;
  // Runs body(chunk, begin, end) for the chunks [k * grain, min((k + 1) * grain, total)); returns when all are done. The first
  // exception is thrown again here. Not to be called from inside a body.
  void parallel_for(int64_t total, int64_t grain, const std::function<void(int64_t chunk, int64_t begin, int64_t end)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vernier::core
