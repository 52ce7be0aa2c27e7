// The numbers of a table that a forward gives.
#pragma once

#include <string>

#include "tensor/tensor.h"
#include "vernier/abi/tensor.h"

namespace vernier::core {

inline constexpr uint64_t kMostTableBytes = uint64_t{1} << 30;
inline constexpr uint64_t kMostTableAxes = 8;

// A copy of what a plugin gave as table `name` of `module`. Throws Error (kPlugin) for a null pointer, a
// dtype other than float32, int32, int64 and bool, a negative extent, too many axes or bytes.
[[nodiscard]] Tensor table_values(const vernier_tensor& given, const std::string& name,
                                  const std::string& module);

}  // namespace vernier::core
