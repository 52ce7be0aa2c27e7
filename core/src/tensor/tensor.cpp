#include "tensor/tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tensor/memory_blocks.h"

namespace vernier::core {

int64_t element_count(const Shape& shape) {
  int64_t count = 1;
  for (int64_t extent : shape) count *= extent;
  return count;
}

std::string to_string(const Shape& shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

void Tensor::let_go(int64_t first, int64_t count) const {
  if (!is_mapped) return;
  static const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(data);
  const uintptr_t begin = (start + dtype.bytes(static_cast<uint64_t>(first)) + page - 1) / page * page;
  const uintptr_t end = (start + dtype.bytes(static_cast<uint64_t>(first + count))) / page * page;
  // Memory of the process would lose what it holds; pages of a file are read anew.
  if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

vernier_tensor Tensor::view() const {
  vernier_tensor view{};
  view.size = VERNIER_SIZE_UP_TO(vernier_tensor, range_of);
  view.data = data;
  view.shape = shape.data();
  view.rank = shape.size();
  view.dtype = dtype;
  return view;
}

Tensor Tensor::allocate(DType dtype, Shape shape) {
  Tensor tensor{dtype, std::move(shape), nullptr, nullptr};
  MemoryBlocks& blocks = MemoryBlocks::of_process();
  void* memory = blocks.take(tensor.bytes());
  tensor.owner = std::shared_ptr<const void>(
      memory, [&blocks](const void* p) { blocks.give_back(const_cast<void*>(p)); });
  tensor.data = static_cast<const std::byte*>(memory);
  return tensor;
}

}  // namespace vernier::core
