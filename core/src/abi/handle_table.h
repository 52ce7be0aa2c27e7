// Handles that survive being wrong: index, generation and kind in 64 bits, all checked at each use.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace vernier::core {

enum class HandleKind : uint8_t {
  kValue = 1,
  kModule = 2,
  kParameter = 3,
  kSite = 4,
  kContext = 5,
  kGraph = 6,
  kSink = 7,
  kResults = 8
};

// Slots are reused after `release`; a handle to what was there before no longer fits the generation.
template <typename T, HandleKind kKind>
class HandleTable {
 public:
  uint64_t add(T object) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    slots_[index].object = std::move(object);
    slots_[index].live = true;
    return make(index);
  }

  // Null where the handle is stale, foreign or of another kind.
  T* find(uint64_t handle) {
    const auto index = static_cast<uint32_t>(handle & 0xffffffffu);
    if (index >= slots_.size() || !slots_[index].live || handle != make(index)) return nullptr;
    return &slots_[index].object;
  }

  void release(uint64_t handle) {
    if (find(handle) == nullptr) return;
    const auto index = static_cast<uint32_t>(handle & 0xffffffffu);
    slots_[index].object = T{};
    slots_[index].live = false;
    slots_[index].generation = (slots_[index].generation + 1) & 0xffffffu;
    free_.push_back(index);
  }

 private:
  struct Slot {
    T object{};
    uint32_t generation = 1;
    bool live = false;
  };
  uint64_t make(uint32_t index) const {
    return uint64_t{static_cast<uint8_t>(kKind)} << 56 | uint64_t{slots_[index].generation} << 32 | index;
  }

  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace vernier::core
