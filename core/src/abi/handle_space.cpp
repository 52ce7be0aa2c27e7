#include "abi/handle_space.h"

#include <thread>

#include "abi/call_scope.h"

namespace vernier::core {

HandleSpace& HandleSpace::of_process() {
  static auto& space = *new HandleSpace;  // plugins may use handles until the process ends
  return space;
}

HandleSpace::~HandleSpace() {
  for (auto& chunk : chunks_) delete[] chunk.load();
}

HandleSpace::Slot* HandleSpace::slot_at(uint32_t index) const {
  if (index / kChunk >= kChunks) return nullptr;
  Slot* chunk = chunks_[index / kChunk].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : chunk + index % kChunk;
}

uint64_t HandleSpace::add(HandleKind kind, HandleTarget target) {
  const std::lock_guard lock(mutex_);
  uint32_t index = used_;
  if (!free_.empty()) {
    index = free_.back();
    free_.pop_back();
  } else {
    if (index / kChunk >= kChunks)
      throw internal_error("more handles than the host has room for").with(VERNIER_OUT_OF_MEMORY);
    auto& chunk = chunks_[index / kChunk];
    if (chunk.load() == nullptr) chunk.store(new Slot[kChunk], std::memory_order_release);
    ++used_;
  }
  Slot& slot = *slot_at(index);
  slot.target = target;
  const uint64_t handle =
      uint64_t{static_cast<uint8_t>(kind)} << 56 | uint64_t{slot.generation} << 32 | index;
  slot.handle.store(handle);
  return handle;
}

void HandleSpace::release(uint64_t handle) {
  const auto index = static_cast<uint32_t>(handle & 0xffffffffu);
  Slot* slot = slot_at(index);
  uint64_t expected = handle;
  if (handle == 0 || slot == nullptr || !slot->handle.compare_exchange_strong(expected, 0)) return;
  while (slot->pins.load() != 0) std::this_thread::yield();
  const std::lock_guard lock(mutex_);
  // A slot whose generations are used up is not used again.
  if (slot->generation++ < kLastGeneration) free_.push_back(index);
}

HandleSpace::Pin HandleSpace::find(HandleKind kind, uint64_t handle) const {
  Slot* slot = slot_at(static_cast<uint32_t>(handle & 0xffffffffu));
  if (slot == nullptr || handle >> 56 != static_cast<uint8_t>(kind)) return {};
  slot->pins.fetch_add(1);  // before the look, so that `release` waits from here on
  if (slot->handle.load() == handle) return Pin(slot);
  slot->pins.fetch_sub(1);
  return {};
}

HandleSpace::Pin::~Pin() {
  if (slot_ != nullptr) slot_->pins.fetch_sub(1);
}

const HandleTarget& HandleSpace::Pin::operator*() const { return slot_->target; }

bool is_own_session(const HostServices* session) {
  const CallScope* scope = CallScope::current();
  return scope == nullptr || scope->services() == session;
}

}  // namespace vernier::core
