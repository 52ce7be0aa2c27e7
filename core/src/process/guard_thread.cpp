#include <csignal>
#include <cstddef>
#include <memory>
#include <new>

#include "vernier/core/process.h"

namespace vernier::core {

namespace {

constexpr size_t kBytes = size_t{64} << 10;

// The second stack of a thread, for as long as the thread runs.
class SecondStack {
 public:
  SecondStack() {
    stack_t present{};
    if (::sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
    memory_.reset(new (std::nothrow) std::byte[kBytes]);
    if (memory_ == nullptr) return;
    stack_t wanted{};
    wanted.ss_sp = memory_.get();
    wanted.ss_size = kBytes;
    ::sigaltstack(&wanted, nullptr);
  }
  ~SecondStack() {
    if (memory_ == nullptr) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
  SecondStack(const SecondStack&) = delete;
  SecondStack& operator=(const SecondStack&) = delete;

 private:
  std::unique_ptr<std::byte[]> memory_;
};

}  // namespace

void guard_thread() {
  thread_local const SecondStack stack;
  (void)stack;
}

}  // namespace vernier::core
