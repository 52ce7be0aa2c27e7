// What each pass of device.h means, one element at a time. The formulas are in float32, like the results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core::reference {

// See Device::range.
[[nodiscard]] bool range(const Tensor& x, int64_t axis, float* low, float* high);
// See Device::histogram.
void histogram(const Tensor& x, float limit, std::span<uint64_t> counts);
// float32 in, float32 out.
[[nodiscard]] Tensor fake_quantize(const Tensor& x, const QParams& qparams);
// Element `i` of a tensor of any float dtype, as float32.
[[nodiscard]] float value_at(const Tensor& x, int64_t i);
// Elements [first, first + count) of a tensor of any float dtype as packed codes.
void encode(const Tensor& x, int64_t first, int64_t count, const QParams& qparams, std::byte* codes);
// Codes `first`, `first` + 1, … of a tensor of `shape`, as float32.
[[nodiscard]] Tensor expand(const std::byte* codes, int64_t first, const Shape& shape,
                            const QParams& qparams);
// Rows by number of a [rows, columns] table of codes, as float32.
[[nodiscard]] Tensor expand_rows(const Tensor& codes, const QParams& qparams, std::span<const int64_t> rows);

}  // namespace vernier::core::reference
