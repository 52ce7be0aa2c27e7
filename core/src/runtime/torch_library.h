// The one symbol between the host and the library that links LibTorch.
#pragma once

namespace vernier::core {

class Compute;

// The caller owns the result. Throws Error.
using MakeTorchCompute = Compute* (*)(int threads);
inline constexpr char kMakeTorchCompute[] = "vernier_make_torch_compute";

}  // namespace vernier::core
