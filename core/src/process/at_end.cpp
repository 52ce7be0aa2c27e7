#include "process/at_end.h"

#include <cstdlib>
#include <mutex>
#include <vector>

namespace vernier::core {

namespace {

struct Works {
  std::mutex mutex;
  std::vector<void (*)()> all;
};
Works& works() {
  static auto& found = *new Works;  // needed until the very end
  return found;
}

}  // namespace

void at_end(void (*work)()) {
  const std::lock_guard lock(works().mutex);
  works().all.push_back(work);
  std::atexit(&run_at_end);
}

void run_at_end() {
  for (;;) {
    void (*work)() = nullptr;
    {
      const std::lock_guard lock(works().mutex);
      if (works().all.empty()) return;
      work = works().all.back();
      works().all.pop_back();
    }
    work();
  }
}

}  // namespace vernier::core
