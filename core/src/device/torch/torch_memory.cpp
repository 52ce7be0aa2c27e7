#include "device/torch/torch_memory.h"

#include <c10/core/Allocator.h>

#include "tensor/memory_blocks.h"

namespace vernier::core {

namespace {

void give_back(void* memory) { MemoryBlocks::of_process().give_back(memory); }

class BlockAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* memory = bytes == 0 ? nullptr : MemoryBlocks::of_process().take(bytes);
    return {memory, memory, &give_back, c10::Device(c10::DeviceType::CPU)};
  }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void* destination, const void* source, std::size_t bytes) const override {
    default_copy_data(destination, source, bytes);
  }
};

}  // namespace

void use_memory_blocks() {
  static BlockAllocator& allocator = *new BlockAllocator;  // LibTorch keeps the address
  c10::SetAllocator(c10::DeviceType::CPU, &allocator, 1);
}

}  // namespace vernier::core
