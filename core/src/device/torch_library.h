// The one symbol between the host and the library that links LibTorch.
#pragma once

namespace vernier::core {

class Device;
class MemoryBlocks;
class ThreadPool;

// The caller owns the result. `memory` is the process's; what LibTorch makes lies in it too. Throws Error.
using MakeTorchDevice = Device* (*)(ThreadPool& pool, MemoryBlocks& memory);
inline constexpr char kMakeTorchDevice[] = "vernier_make_torch_device";

}  // namespace vernier::core
