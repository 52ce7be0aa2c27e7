#include "file/sparse_bytes.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "vernier/core/error.h"

namespace vernier::core {

namespace {

constexpr size_t kBlock = 4096;

// A page that is never written to takes no memory.
bool is_left_out(const std::byte* bytes, size_t count) {
  return count == kBlock && std::memcmp(bytes, bytes + 1, count - 1) == 0;
}

}  // namespace

SparseBytes::SparseBytes(uint64_t most) : most_(most) {
  if (most == 0) return;
  void* const region = mmap(nullptr, static_cast<size_t>(most), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (region == MAP_FAILED) throw internal_error("no addresses for a file in memory");
  begin_ = static_cast<std::byte*>(region);
}

SparseBytes::~SparseBytes() {
  if (begin_ != nullptr) munmap(begin_, static_cast<size_t>(most_));
}

SparseBytes::SparseBytes(SparseBytes&& other) noexcept { *this = std::move(other); }

SparseBytes& SparseBytes::operator=(SparseBytes&& other) noexcept {
  std::swap(begin_, other.begin_);
  std::swap(size_, other.size_);
  std::swap(most_, other.most_);
  return *this;
}

bool SparseBytes::append(std::span<const std::byte> bytes) {
  if (bytes.size() > most_ - size_) return false;
  for (size_t done = 0; done < bytes.size(); done += kBlock) {
    const size_t count = std::min(kBlock, bytes.size() - done);
    if (!is_left_out(bytes.data() + done, count))
      std::memcpy(begin_ + size_ + done, bytes.data() + done, count);
  }
  size_ += bytes.size();
  return true;
}

}  // namespace vernier::core
