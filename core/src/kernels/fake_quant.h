// Quantize and expand again in one pass: what a site does to a tensor in mode quantize.
#pragma once

#include "kernels/channel_view.h"
#include "kernels/thread_pool.h"
#include "tensor/qparams.h"

namespace vernier::core {

// y[i] = (code(x[i]) - zero_point) * scale, each with the qparams of its channel. Bit-identical to LibTorch's
// fake_quantize_per_tensor_affine (qparams.axis -1) and fake_quantize_per_channel_affine, whatever x holds.
// `view` is ChannelView::of(shape, qparams). `y` may be `x`, but must not overlap it otherwise.
// Error (internal) when the qparams do not suit the view.
void fake_quant(const float* x, const ChannelView& view, const QParams& qparams, float* y, ThreadPool& pool);

}  // namespace vernier::core
