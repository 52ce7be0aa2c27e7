// Two tensors of one name, number by number.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "device/device.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Nothing where they are equal: of one shape, and |a - b| <= atol + rtol * |b| for each pair; NaN is equal to
// NaN. Else {"shape", "other_shape", "largest", "at", "value", "other"}, see vernier/core/trace_values.h.
[[nodiscard]] std::optional<nlohmann::json> value_difference(const Tensor& a, const Tensor& b, double atol,
                                                             double rtol, Device& device);

}  // namespace vernier::core
