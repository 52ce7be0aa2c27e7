// The range of the tensor that is being collected. The host measured it while checking for NaN; an observer
// that asks for the whole range of the same memory gets it without a second pass.
#pragma once

#include <cstdint>
#include <optional>

namespace vernier::core {

class RangeMemo {
 public:
  static void set(const void* data, uint64_t elements, float low, float high) {
    current() = {data, elements, low, high};
  }
  static void clear() { current() = {}; }
  // True and the range where `data` is the remembered tensor. [any thread: each has its own]
  static bool find(const void* data, uint64_t elements, float& low, float& high) {
    const Memo& memo = current();
    if (memo.data == nullptr || memo.data != data || memo.elements != elements) return false;
    low = memo.low;
    high = memo.high;
    return true;
  }

 private:
  struct Memo {
    const void* data = nullptr;
    uint64_t elements = 0;
    float low = 0;
    float high = 0;
  };
  static Memo& current() {
    thread_local Memo memo;
    return memo;
  }
};

}  // namespace vernier::core
