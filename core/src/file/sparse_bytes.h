// A file in memory whose constants are stand-ins, without the memory of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vernier::core {

class SparseBytes {
 public:
  SparseBytes() = default;
  // Throws Error (kInternal) where the system has no room for `most` addresses.
  explicit SparseBytes(uint64_t most);
  ~SparseBytes();
  SparseBytes(SparseBytes&& other) noexcept;
  SparseBytes& operator=(SparseBytes&& other) noexcept;

  // False where it would pass `most`; nothing is appended then. Of `bytes`, each 4,096 that are one value
  // over and over come out as zeros.
  [[nodiscard]] bool append(std::span<const std::byte> bytes);
  // Starts at a multiple of the page size.
  [[nodiscard]] std::span<const std::byte> bytes() const { return {begin_, size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::byte* begin_ = nullptr;
  uint64_t size_ = 0;
  uint64_t most_ = 0;
};

}  // namespace vernier::core
