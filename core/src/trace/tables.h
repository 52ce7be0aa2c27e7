// The numbers of a table that a forward gives.
#pragma once

#include <string>

#include "tensor/tensor.h"
#include "vernier/abi/tensor.h"

namespace vernier::core {

inline constexpr uint64_t kMostTableBytes = uint64_t{1} << 30;
inline constexpr uint64_t kMostTableAxes = 8;

// Bytes of the elements of table `name` of `module`, whose `data` is not looked at. Throws Error (kPlugin)
// for a dtype other than float32, int32, int64 and bool, a negative extent, no elements, too many axes or
// bytes.
[[nodiscard]] uint64_t table_bytes(const vernier_tensor& given, const std::string& name,
                                   const std::string& module);

// A copy of what a plugin gave as table `name` of `module`. Throws Error (kPlugin) as table_bytes(),
// and for a null pointer.
[[nodiscard]] Tensor table_values(const vernier_tensor& given, const std::string& name,
                                  const std::string& module);

}  // namespace vernier::core
