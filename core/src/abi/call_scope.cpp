#include "abi/call_scope.h"

#include <array>
#include <atomic>

namespace vernier::core {

namespace {

thread_local CallScope* innermost = nullptr;

// One place for each thread that is inside a call. Constant-initialized: a signal may come at any time.
constinit std::array<std::atomic<const CallScope*>, CallScope::kThreads> places{};
constinit std::atomic<uint64_t> calls{0};

}  // namespace

CallScope::CallScope(HostServices* services, const char* plugin, const char* where)
    : services_(services), plugin_(plugin), where_(where), outer_(innermost), place_(-1) {
  if (outer_ != nullptr) {
    place_ = outer_->place_;
    if (place_ >= 0) places[static_cast<size_t>(place_)].store(this);
  } else {
    calls.fetch_add(1, std::memory_order_relaxed);
    for (int i = 0; i < kThreads && place_ < 0; ++i) {
      const CallScope* expected = nullptr;
      if (places[static_cast<size_t>(i)].compare_exchange_strong(expected, this)) place_ = i;
    }
  }
  innermost = this;
}

CallScope::~CallScope() {
  innermost = outer_;
  if (place_ >= 0) places[static_cast<size_t>(place_)].store(outer_);
}

CallScope* CallScope::current() { return innermost; }

uint64_t CallScope::begun() { return calls.load(std::memory_order_relaxed); }

bool CallScope::any() {
  bool found = false;
  each([&](const CallScope&) { found = true; });
  return found;
}

const CallScope* CallScope::running(int thread) { return places[static_cast<size_t>(thread)].load(); }

}  // namespace vernier::core
