#include "tensor/memory_blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <new>

namespace vernier::core {

namespace {

// A block is cut to whole pages, and a kept one is taken where it is at most an eighth larger.
constexpr size_t kPage = 4096;

size_t whole_pages(size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

void* from_heap(size_t bytes) {
  void* memory = nullptr;
  if (::posix_memalign(&memory, MemoryBlocks::kAlignment, std::max<size_t>(bytes, 1)) != 0)
    throw std::bad_alloc();
  return memory;
}

// A sanitizer sees what lies beyond a tensor only in its own heap.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasBlocks = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kHasBlocks = false;
#else
constexpr bool kHasBlocks = true;
#endif
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
  used_.emplace(memory, size);
  sizes_.used += size;
  sizes_.most_used = std::max(sizes_.most_used, sizes_.used);
  return memory;
}

// The smallest kept block that is large enough and not much too large.
void* MemoryBlocks::reuse(size_t bytes) {
  const auto found = kept_.lower_bound(bytes);
  if (found == kept_.end() || found->first > bytes + bytes / 8) return nullptr;
  const auto [size, memory] = *found;
  used_.emplace(memory, size);
  kept_.erase(found);
  sizes_.kept -= size;
  sizes_.used += size;
  sizes_.most_used = std::max(sizes_.most_used, sizes_.used);
  return memory;
}

// What is kept goes, the largest first, before the process takes more than its tensors ever used at once.
void MemoryBlocks::make_room(size_t bytes) {
  while (!kept_.empty() && sizes_.used + sizes_.kept + bytes > sizes_.most_used)
    unmap(std::prev(kept_.end()));
}

void MemoryBlocks::unmap(std::multimap<size_t, void*>::iterator block) {
  (void)::munmap(block->second, block->first);
  sizes_.kept -= block->first;
  kept_.erase(block);
}

void MemoryBlocks::give_back(void* memory) noexcept {
  if (memory == nullptr) return;
  const std::lock_guard lock(mutex_);
  const auto found = used_.find(memory);
  if (found == used_.end()) {
    std::free(memory);
    return;
  }
  const size_t size = found->second;
  used_.erase(found);
  sizes_.used -= size;
  try {
    kept_.emplace(size, memory);
    sizes_.kept += size;
  } catch (const std::bad_alloc&) {
    (void)::munmap(memory, size);
  }
}

MemoryBlocks::Sizes MemoryBlocks::sizes() const {
  const std::lock_guard lock(mutex_);
  return sizes_;
}

void MemoryBlocks::release() {
  const std::lock_guard lock(mutex_);
  while (!kept_.empty()) unmap(kept_.begin());
}

}  // namespace vernier::core
