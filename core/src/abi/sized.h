// The reader's half of the size rule (vernier/abi/size.h).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace vernier::core {

// What the writer of `*object` knows, and zero for the rest. `object` points to a struct that begins with
// `uint64_t size`.
template <typename T>
T read_sized(const T* object) {
  T result;
  std::memset(static_cast<void*>(&result), 0, sizeof(T));
  uint64_t size = 0;
  std::memcpy(&size, object, sizeof(size));
  std::memcpy(static_cast<void*>(&result), object, static_cast<size_t>(std::min<uint64_t>(size, sizeof(T))));
  return result;
}

}  // namespace vernier::core
