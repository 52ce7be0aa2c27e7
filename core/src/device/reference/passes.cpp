#include "device/reference/passes.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "quantization/code_reader.h"
#include "tensor/half.h"

namespace vernier::core::reference {

namespace {

// Which index of `axis` element `i` of a tensor of `shape` has; 0 with `axis` -1. With blocks: which block.
class ChannelOf {
 public:
  ChannelOf(const Shape& shape, const QParams& qparams) : ChannelOf(shape, qparams.axis) {
    if (qparams.block_size == 0) return;
    inner_ = qparams.block_size;
    channels_ = static_cast<int64_t>(qparams.scale.size());
  }
  ChannelOf(const Shape& shape, int64_t axis) {
    if (axis < 0) return;
    channels_ = shape[static_cast<size_t>(axis)];
    for (size_t i = static_cast<size_t>(axis) + 1; i < shape.size(); ++i) inner_ *= shape[i];
  }
  size_t operator()(int64_t i) const { return static_cast<size_t>(i / inner_ % channels_); }

 private:
  int64_t inner_ = 1;
  int64_t channels_ = 1;
};

// The code of one value, still as a float. NaN has code qmin. LibTorch's fake_quantize with a channel axis
// passes through int64, so that from 2^63 on the code is qmin there, and qmax without an axis.
float code_of(float value, const QParams& q, size_t channel) {
  constexpr float kTwoTo63 = 9223372036854775808.0f;
  const auto qmin = static_cast<float>(q.dtype.qmin()), qmax = static_cast<float>(q.dtype.qmax());
  const float inverse = 1.0f / q.scale[channel];
  const float code = static_cast<float>(q.zero_point[channel]) + std::nearbyint(value * inverse);
  const bool is_number = code >= qmin && (q.axis < 0 || code < kTwoTo63);
  return is_number ? std::min(code, qmax) : qmin;
}

float real_of(float code, const QParams& q, size_t channel) {
  return (code - static_cast<float>(q.zero_point[channel])) * q.scale[channel];
}

// `codes` is zero where nothing was written yet.
void write_code(std::byte* codes, DType dtype, int64_t index, int32_t code) {
  if (dtype.bits == 16) {
    const auto both = static_cast<uint16_t>(code);
    std::memcpy(codes + index * 2, &both, 2);
    return;
  }
  const int64_t bit = index * dtype.bits;
  const uint32_t bits = static_cast<uint32_t>(code) & ((1u << dtype.bits) - 1);
  codes[bit / 8] |= static_cast<std::byte>(bits << (bit % 8));
}

}  // namespace

bool range(const Tensor& x, int64_t axis, float* low, float* high) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const int64_t channels = axis < 0 ? 1 : x.shape[static_cast<size_t>(axis)];
  std::fill_n(low, channels, kInfinity);
  std::fill_n(high, channels, -kInfinity);
  const ChannelOf channel_of(x.shape, axis);
  bool finite = true;
  for (int64_t i = 0; i < x.elements(); ++i) {
    const float value = x.as<float>()[i];
    const size_t channel = channel_of(i);
    finite = finite && std::isfinite(value);
    if (std::isnan(value)) low[channel] = high[channel] = value;
    if (value < low[channel]) low[channel] = value;
    if (value > high[channel]) high[channel] = value;
  }
  for (int64_t i = 0; i < channels; ++i) {  // -0 + 0 is +0
    low[i] += 0.0f;
    high[i] += 0.0f;
  }
  return finite;
}

void histogram(const Tensor& x, float limit, std::span<uint64_t> counts) {
  const size_t middle = counts.size() / 2;
  const auto half = static_cast<float>(middle);
  const float bins_per_unit = half / limit;
  const auto last = static_cast<float>(counts.size() - 1);
  for (int64_t i = 0; i < x.elements(); ++i) {
    const float place = x.as<float>()[i] * bins_per_unit + half;
    ++counts[static_cast<size_t>(std::clamp(place, 0.0f, last))];
  }
}

Tensor fake_quantize(const Tensor& x, const QParams& qparams) {
  Tensor y = Tensor::allocate(kFloat32, x.shape);
  const ChannelOf channel_of(x.shape, qparams);
  for (int64_t i = 0; i < x.elements(); ++i) {
    const size_t channel = channel_of(i);
    y.mutable_as<float>()[i] = real_of(code_of(x.as<float>()[i], qparams, channel), qparams, channel);
  }
  return y;
}

float value_at(const Tensor& x, int64_t i) {
  if (x.dtype == kFloat32) return x.as<float>()[i];
  if (x.dtype == kFloat64) return static_cast<float>(x.as<double>()[i]);
  const uint16_t bits = x.as<uint16_t>()[i];
  return x.dtype == kBFloat16 ? bfloat16_value(bits) : float16_value(bits);
}

void encode(const Tensor& x, int64_t first, int64_t count, const QParams& qparams, std::byte* codes) {
  std::fill_n(codes, qparams.dtype.bytes(static_cast<uint64_t>(count)), std::byte{0});
  const ChannelOf channel_of(x.shape, qparams);
  for (int64_t i = 0; i < count; ++i) {
    const float code = code_of(value_at(x, first + i), qparams, channel_of(first + i));
    write_code(codes, qparams.dtype, i, static_cast<int32_t>(code));
  }
}

Tensor expand(const std::byte* codes, int64_t first, const Shape& shape, const QParams& qparams) {
  Tensor y = Tensor::allocate(kFloat32, shape);
  const ChannelOf channel_of(shape, qparams);
  for (int64_t i = 0; i < y.elements(); ++i) {
    const auto code = static_cast<float>(code_at(codes, qparams.dtype, first + i));
    y.mutable_as<float>()[i] = real_of(code, qparams, channel_of(i));
  }
  return y;
}

Tensor expand_rows(const Tensor& codes, const QParams& qparams, std::span<const int64_t> rows) {
  const int64_t columns = codes.shape[1];
  Tensor y = Tensor::allocate(kFloat32, {static_cast<int64_t>(rows.size()), columns});
  const ChannelOf channel_of(codes.shape, qparams);
  auto* to = y.mutable_as<float>();
  for (const int64_t row : rows) {
    for (int64_t i = row * columns; i < (row + 1) * columns; ++i) {
      const auto code = static_cast<float>(code_at(codes.data, qparams.dtype, i));
      *to++ = real_of(code, qparams, channel_of(i));
    }
  }
  return y;
}

}  // namespace vernier::core::reference
