#include "process/memory_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace vernier::core {

uint64_t anonymous_memory() {
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  char text[128];
  const ssize_t length = ::read(file, text, sizeof(text) - 1);
  ::close(file);
  if (length <= 0) return 0;
  text[length] = '\0';
  unsigned long long total = 0, resident = 0, shared = 0;  // pages; shared: of files and shared memory
  if (std::sscanf(text, "%llu %llu %llu", &total, &resident, &shared) != 3 || shared > resident) return 0;
  return (resident - shared) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

MemoryWatch::MemoryWatch() : thread_([this] { run(); }) {}

MemoryWatch::~MemoryWatch() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  end_.notify_all();
  thread_.join();
}

uint64_t MemoryWatch::look(std::atomic<uint64_t>& most) {
  const uint64_t now = anonymous_memory();
  for (std::atomic<uint64_t>* one : {&peak_, &recent_}) {
    uint64_t before = one->load();
    while (before < now && !one->compare_exchange_weak(before, now)) {
    }
  }
  return most.load();
}

uint64_t MemoryWatch::take_peak() {
  look(recent_);
  return recent_.exchange(0);
}

void MemoryWatch::run() {
  std::unique_lock lock(mutex_);
  while (!ends_) {
    look(peak_);
    end_.wait_for(lock, std::chrono::milliseconds(kMilliseconds), [this] { return ends_; });
  }
}

}  // namespace vernier::core
