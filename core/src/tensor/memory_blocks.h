// Memory for tensors. What is large comes in blocks of its own straight from the system, and goes back to it
// or to the next tensor that it fits: so the process takes what its tensors take at their largest moment, and
// not a heap full of holes between them (docs/adr/0028).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace vernier::core {

class MemoryBlocks {
 public:
  // Below this a tensor lies in the heap.
  static constexpr size_t kSmallest = size_t{256} << 10;
  static constexpr size_t kAlignment = 64;
  // What may be kept beyond the most that was in use at once. Without it two tensors of one sample that do
  // not fit each other's places go to the system and come back, a page fault for each 4 KiB, with every
  // sample: 8 % of the time of one linear layer on 128 samples.
  static constexpr uint64_t kSlack = uint64_t{4} << 20;

  // Those of the process: memory is the process's. Lives until the process ends.
  static MemoryBlocks& of_process();
  // For a library with a copy of this code: there of_process() is `of_the_program` from now on.
  static void share(MemoryBlocks& of_the_program);

  MemoryBlocks() = default;
  // What was taken must have been given back.
  ~MemoryBlocks();
  MemoryBlocks(const MemoryBlocks&) = delete;
  MemoryBlocks& operator=(const MemoryBlocks&) = delete;

  // At least `bytes`, uninitialised, aligned to kAlignment. Throws std::bad_alloc. [any thread]
  void* take(size_t bytes);
  // What take() gave, on any thread; null does nothing.
  void give_back(void* memory) noexcept;

  // Of blocks: in use now, in use at most so far, kept for later tensors. Kept and used together never pass
  // what was used at most by more than kSlack.
  struct Sizes {
    uint64_t used = 0;
    uint64_t most_used = 0;
    uint64_t kept = 0;
  };
  [[nodiscard]] Sizes sizes() const;
  // Returns what is kept to the system. [any thread]
  void release();

 private:
  void* reuse(size_t bytes);
  void make_room(size_t bytes);
  void use(std::byte* memory, size_t bytes);
  void keep(std::byte* memory, size_t bytes);
  void forget(std::map<std::byte*, size_t>::iterator block);

  mutable std::mutex mutex_;
  std::unordered_map<void*, size_t> used_;                // blocks only
  std::map<std::byte*, size_t> kept_;                     // neighbours are one block
  std::set<std::pair<size_t, std::byte*>> kept_by_size_;  // the same
  Sizes sizes_;
};

}  // namespace vernier::core
