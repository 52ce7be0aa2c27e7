// The one symbol between the host and the library that links LibTorch.
#pragma once

namespace vernier::core {

class Device;
class ThreadPool;

// The caller owns the result. Throws Error.
using MakeTorchDevice = Device* (*)(ThreadPool& pool);
inline constexpr char kMakeTorchDevice[] = "vernier_make_torch_device";

}  // namespace vernier::core
