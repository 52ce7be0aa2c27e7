// Dense row-major memory with a type, a shape and an owner. What every room of the host passes around;
// LibTorch's own tensors never leave device/torch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "vernier/abi/tensor.h"
#include "vernier/dtype.h"

namespace vernier::core {

using Shape = std::vector<int64_t>;

// More extents than any file or description may ask for.
inline constexpr size_t kMaxRank = 64;

// Product of the extents; 1 for a scalar.
int64_t element_count(const Shape& shape);
// "[1, 16, 32]"
std::string to_string(const Shape& shape);

// Copies share memory. Immutable once made: writers fill the memory of `allocate` before they hand the tensor
// on.
struct Tensor {
  DType dtype;
  Shape shape;
  const std::byte* data = nullptr;
  std::shared_ptr<const void> owner;  // keeps `data` alive: a mapping, an allocation, a LibTorch tensor
  bool is_mapped = false;             // `data` lies in a file that is mapped read-only

  [[nodiscard]] bool defined() const { return dtype.is_set(); }
  [[nodiscard]] int64_t elements() const { return element_count(shape); }
  [[nodiscard]] uint64_t bytes() const { return dtype.bytes(static_cast<uint64_t>(elements())); }
  template <typename T>
  [[nodiscard]] const T* as() const {
    return reinterpret_cast<const T*>(data);
  }
  // Only for the one who allocated it.
  template <typename T>
  T* mutable_as() {
    return reinterpret_cast<T*>(const_cast<std::byte*>(data));
  }

  // Takes the pages that lie inside these elements out of the process, where they are a file's: whoever reads
  // them again finds them in the system's cache, and what was passed through does not count as memory of the
  // process. Else does nothing. [any thread, also while others read]
  void let_go(int64_t first, int64_t count) const;
  // Borrowed look for a plugin; valid as long as this object is.
  [[nodiscard]] vernier_tensor view() const;
  // Uninitialised memory aligned to 64 bytes.
  static Tensor allocate(DType dtype, Shape shape);
};

}  // namespace vernier::core
