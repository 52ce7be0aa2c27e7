// Fake quantization of float32 data: y = (clamp(nearbyint(x * (1 / scale)) + zero_point) - zero_point) * scale, half to even;
// bit-identical to LibTorch's fake_quantize_per_tensor_affine and fake_quantize_per_channel_affine.
#pragma once

#include <cstdint>

namespace vernier::core {

class ThreadPool;

void fake_quant(const float* x, float* y, int64_t n, float scale, int32_t zero_point, int32_t qmin, int32_t qmax, ThreadPool& pool);
// x is [outer, channels, inner]; one scale and zero point a channel.
void fake_quant_channels(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner, const float* scale, const int32_t* zero_point,
                         int32_t qmin, int32_t qmax, ThreadPool& pool);

}  // namespace vernier::core
