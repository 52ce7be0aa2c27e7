// What FlatBuffers leaves to those who read foreign bytes: it reads scalars in place, and its verifier (2.0)
// asks neither that the buffer begins where 8-byte scalars may lie nor that a vector's elements do.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace vernier::core {

// The bytes given, or a copy of them where they do not begin at an aligned address. They outlive this.
class FlatBytes {
 public:
  explicit FlatBytes(std::span<const std::byte> bytes) : bytes_(bytes) {
    if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(uint64_t) == 0) return;
    copy_.assign(bytes.begin(), bytes.end());
    bytes_ = copy_;
  }
  FlatBytes(const FlatBytes&) = delete;
  FlatBytes& operator=(const FlatBytes&) = delete;

  [[nodiscard]] std::span<const std::byte> get() const { return bytes_; }
  [[nodiscard]] const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(bytes_.data()); }

 private:
  std::vector<std::byte> copy_;
  std::span<const std::byte> bytes_;
};

// A vector's scalars, wherever they lie; none where it is missing.
template <typename T>
std::vector<T> flat_list(const flatbuffers::Vector<T>* source) {
  if (source == nullptr) return {};
  std::vector<T> result(source->size());
  if (!result.empty()) std::memcpy(result.data(), source->Data(), result.size() * sizeof(T));
  for (T& each : result) each = flatbuffers::EndianScalar(each);
  return result;
}

}  // namespace vernier::core
