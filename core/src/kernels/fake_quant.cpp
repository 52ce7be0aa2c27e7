#include "kernels/fake_quant.h"

#include <algorithm>
#include <cmath>

#include "kernels/thread_pool.h"

namespace vernier::core {

namespace {

constexpr int64_t kGrain = 1 << 16;

void run(const float* x, float* y, int64_t n, float scale, int32_t zero_point, int32_t qmin, int32_t qmax) {
  const float inverse = 1.0f / scale;
  const auto zero = static_cast<float>(zero_point);
  const auto low = static_cast<float>(qmin), high = static_cast<float>(qmax);
  for (int64_t i = 0; i < n; ++i) {
    const float code = std::nearbyint(x[i] * inverse) + zero;
    y[i] = (std::fmin(std::fmax(code, low), high) - zero) * scale;
  }
}

}  // namespace

void fake_quant(const float* x, float* y, int64_t n, float scale, int32_t zero_point, int32_t qmin, int32_t qmax, ThreadPool& pool) {
  pool.parallel_for(n, kGrain, [&](int64_t, int64_t begin, int64_t end) { run(x + begin, y + begin, end - begin, scale, zero_point, qmin, qmax); });
}

void fake_quant_channels(const float* x, float* y, int64_t outer, int64_t channels, int64_t inner, const float* scale, const int32_t* zero_point,
                         int32_t qmin, int32_t qmax, ThreadPool& pool) {
  const int64_t rows = outer * channels;
  pool.parallel_for(rows, std::max<int64_t>(1, kGrain / std::max<int64_t>(1, inner)), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t c = row % channels;
      run(x + row * inner, y + row * inner, inner, scale[c], zero_point[c], qmin, qmax);
    }
  });
}

}  // namespace vernier::core
