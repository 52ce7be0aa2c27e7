// Watches how much anonymous memory the process takes: heap, stacks and private mappings, not files that are
// mapped and can be read again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace vernier::core {

// Of this process now, as /proc/self/statm tells it. 0 where there is no /proc.
[[nodiscard]] uint64_t anonymous_memory();

class MemoryWatch {
 public:
  // How often it looks; what comes and goes within this time is not seen.
  static constexpr int kMilliseconds = 5;

  // Looks from a thread of its own until the end of this object.
  MemoryWatch();
  ~MemoryWatch();
  MemoryWatch(const MemoryWatch&) = delete;
  MemoryWatch& operator=(const MemoryWatch&) = delete;

  // The most that was seen since the beginning; looks once more itself. [any thread]
  uint64_t peak() { return look(peak_); }
  // The most that was seen since the last call, or the beginning. [any thread]
  uint64_t take_peak();

 private:
  uint64_t look(std::atomic<uint64_t>& most);
  void run();

  std::atomic<uint64_t> peak_{0};
  std::atomic<uint64_t> recent_{0};
  std::mutex mutex_;
  std::condition_variable end_;
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace vernier::core
