#include "random/torch_numbers.h"

#include <cmath>
#include <numbers>

#include "vernier/core/error.h"

namespace vernier::core {

void TorchNumbers::uniform(std::span<float> out, float low, float high) {
  for (float& one : out) one = std::fma(fraction(), high - low, low);
}

// Box and Muller, "A note on the generation of random normal deviates", 1958: eight pairs.
void TorchNumbers::sixteen_normals(float* out) {
  constexpr auto kTurn = static_cast<float>(2 * std::numbers::pi);
  for (int i = 0; i < 8; ++i) {
    const auto log = static_cast<float>(std::log(static_cast<double>(1.0f - out[i])));
    const float radius = std::sqrt(-2.0f * log);
    const auto angle = static_cast<double>(kTurn * out[i + 8]);
    out[i] = radius * static_cast<float>(std::cos(angle));
    out[i + 8] = radius * static_cast<float>(std::sin(angle));
  }
}

void TorchNumbers::normal(std::span<float> out) {
  if (out.size() < kLeastNormals) throw internal_error("fewer than 16 normal numbers as LibTorch draws them");
  for (float& one : out) one = fraction();
  size_t at = 0;
  for (; at + kLeastNormals <= out.size(); at += kLeastNormals) sixteen_normals(out.data() + at);
  if (at == out.size()) return;
  // What is left over: the last sixteen are drawn anew.
  const std::span<float> last = out.last(kLeastNormals);
  for (float& one : last) one = fraction();
  sixteen_normals(last.data());
}

}  // namespace vernier::core
