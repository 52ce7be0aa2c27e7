#include "tensor/memory_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <new>

#include "vernier/core/sanitized.h"

namespace vernier::core {

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kLeast = size_t{64} << 10;  // a smaller rest of a block stays with what was cut from it

size_t whole_pages(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

void* from_heap(size_t bytes) {
  void* memory = nullptr;
  if (::posix_memalign(&memory, MemoryBlocks::kAlignment, std::max<size_t>(bytes, 1)) != 0)
    throw std::bad_alloc();
  return memory;
}

// A sanitizer sees what lies beyond a tensor only in its own heap.
#ifdef VERNIER_SANITIZED
constexpr bool kHasBlocks = false;
#else
constexpr bool kHasBlocks = true;
#endif

std::atomic<MemoryBlocks*>& shared_blocks() {
  static std::atomic<MemoryBlocks*> blocks{nullptr};
  return blocks;
}

}  // namespace

MemoryBlocks& MemoryBlocks::of_process() {
  if (MemoryBlocks* shared = shared_blocks().load(std::memory_order_acquire)) return *shared;
  static MemoryBlocks& blocks = *new MemoryBlocks;  // tensors may be freed while the process ends
  return blocks;
}

void MemoryBlocks::share(MemoryBlocks& of_the_program) {
  shared_blocks().store(&of_the_program, std::memory_order_release);
}

MemoryBlocks::~MemoryBlocks() { release(); }

void* MemoryBlocks::take(size_t bytes) {
  if (!kHasBlocks || bytes < kSmallest) return from_heap(bytes);
  const size_t size = whole_pages(bytes);
  if (size < bytes) throw std::bad_alloc();
  const std::lock_guard lock(mutex_);
  if (void* kept = reuse(size)) return kept;
  make_room(size);
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  use(static_cast<std::byte*>(memory), size);
  return memory;
}

void MemoryBlocks::use(std::byte* memory, size_t bytes) {
  used_.emplace(memory, bytes);
  sizes_.used += bytes;
  sizes_.most_used = std::max(sizes_.most_used, sizes_.used);
}

void MemoryBlocks::keep(std::byte* memory, size_t bytes) {
  kept_.emplace(memory, bytes);
  kept_by_size_.emplace(bytes, memory);
  sizes_.kept += bytes;
}

void MemoryBlocks::forget(std::map<std::byte*, size_t>::iterator block) {
  sizes_.kept -= block->second;
  kept_by_size_.erase({block->second, block->first});
  kept_.erase(block);
}

// The front of the smallest kept block that is large enough: its pages are there already.
void* MemoryBlocks::reuse(size_t bytes) {
  const auto found = kept_by_size_.lower_bound({bytes, nullptr});
  if (found == kept_by_size_.end()) return nullptr;
  const auto [size, memory] = *found;
  forget(kept_.find(memory));
  const size_t taken = size - bytes < kLeast ? size : bytes;
  use(memory, taken);
  if (taken < size) keep(memory + taken, size - taken);
  return memory;
}

// What is kept goes, the smallest pieces first, before the process takes much more than its tensors ever used
// at once.
void MemoryBlocks::make_room(size_t bytes) {
  while (!kept_.empty() && sizes_.used + sizes_.kept + bytes > sizes_.most_used + kSlack) {
    const auto [size, memory] = *kept_by_size_.begin();
    const uint64_t beyond = sizes_.used + sizes_.kept + bytes - sizes_.most_used - kSlack;
    const size_t gone = beyond < size ? whole_pages(beyond) : size;
    forget(kept_.find(memory));
    (void)::munmap(memory + (size - gone), gone);
    if (gone < size) keep(memory, size - gone);
  }
}

void MemoryBlocks::give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(memory);
  if (found == used_.end()) {
    std::free(memory);
    return;
  }
  auto* begin = static_cast<std::byte*>(memory);
  size_t size = found->second;
  used_.erase(found);
  sizes_.used -= size;
  try {
    const auto after = kept_.lower_bound(begin);
    const auto before = after == kept_.begin() ? kept_.end() : std::prev(after);
    if (after != kept_.end() && begin + size == after->first) {
      size += after->second;
      forget(after);
    }
    if (before != kept_.end() && before->first + before->second == begin) {
      begin = before->first;
      size += before->second;
      forget(before);
    }
    keep(begin, size);
  } catch (const std::bad_alloc&) {
    (void)::munmap(begin, size);
  }
}

MemoryBlocks::Sizes MemoryBlocks::sizes() const {
  const std::lock_guard lock(mutex_);
  return sizes_;
}

void MemoryBlocks::release() {
  const std::lock_guard lock(mutex_);
  for (const auto& [memory, size] : kept_) (void)::munmap(memory, size);
  kept_.clear();
  kept_by_size_.clear();
  sizes_.kept = 0;
}

}  // namespace vernier::core
