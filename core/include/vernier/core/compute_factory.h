// The float maths that a session runs on. LibTorch stays behind this face.
#pragma once

#include <memory>

namespace vernier::core {

class Compute;

// Makes the maths with so many threads; 0: one per core.
using ComputeFactory = std::unique_ptr<Compute> (*)(int threads);

// On LibTorch.
std::unique_ptr<Compute> make_torch_compute(int threads);

}  // namespace vernier::core
