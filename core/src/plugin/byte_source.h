// Bytes by place, whether they lie in memory or behind a descriptor. A file behind a descriptor may change
// while it is read, so each read can fail.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>

namespace vernier::core {

class ByteSource {
 public:
  explicit ByteSource(std::span<const std::byte> bytes)
      : size_(bytes.size()), read_([bytes](uint64_t offset, std::span<std::byte> to) {
          std::memcpy(to.data(), bytes.data() + offset, to.size());
          return true;
        }) {}
  // Does not own `descriptor`; reads at most its first `size` bytes.
  ByteSource(int descriptor, uint64_t size)
      : size_(size), read_([descriptor](uint64_t offset, std::span<std::byte> to) {
          while (!to.empty()) {
            const ssize_t got = pread(descriptor, to.data(), to.size(), static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return false;
            offset += static_cast<uint64_t>(got);
            to = to.subspan(static_cast<size_t>(got));
          }
          return true;
        }) {}

  [[nodiscard]] uint64_t size() const { return size_; }
  [[nodiscard]] bool holds(uint64_t offset, uint64_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }
  // Fills `to`; false where the bytes are not there.
  [[nodiscard]] bool read(uint64_t offset, std::span<std::byte> to) const {
    return holds(offset, to.size()) && (to.empty() || read_(offset, to));
  }
  // A T at `offset`, or nothing where it does not lie within the bytes.
  template <typename T>
  [[nodiscard]] std::optional<T> at(uint64_t offset) const {
    T value;
    if (!read(offset, std::as_writable_bytes(std::span(&value, 1)))) return std::nullopt;
    return value;
  }

 private:
  uint64_t size_;
  std::function<bool(uint64_t, std::span<std::byte>)> read_;
};

}  // namespace vernier::core
