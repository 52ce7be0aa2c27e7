// LibTorch's tensors in the host's memory blocks.
#pragma once

namespace vernier::core {

// From now on tensors that LibTorch makes on the CPU lie in MemoryBlocks::of_process(). Those that were made
// before go where they came from. [any thread]
void use_memory_blocks();

}  // namespace vernier::core
