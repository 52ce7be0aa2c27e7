#include "program/steps/rotary.h"

#include <cmath>

namespace vernier::core::steps {

std::vector<double> rotary_frequencies(int64_t size, double theta) {
  std::vector<double> frequencies;
  for (int64_t i = 0; i < size / 2; ++i)
    frequencies.push_back(std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(size)));
  return frequencies;
}

void write_rotary(double position, const std::vector<double>& frequencies, bool negates, float* cos,
                  float* sin) {
  for (int half = 0; half < 2; ++half) {
    for (const double frequency : frequencies) {
      const double angle = position * frequency;
      const double sine = std::sin(angle);
      *cos++ = static_cast<float>(std::cos(angle));
      *sin++ = static_cast<float>(half == 0 && negates ? -sine : sine);
    }
  }
}

CosAndSin rotary_table(const Shape& shape, const RotaryTable& table) {
  const int64_t size = shape.back(), positions = shape[shape.size() - 2];
  std::vector<double> frequencies = rotary_frequencies(size, table.theta);
  if (table.is_proportional) {
    const auto turning = static_cast<size_t>((table.rotary_dim == 0 ? size : table.rotary_dim) / 2);
    for (size_t i = 0; i < frequencies.size(); ++i)
      frequencies[i] = i < turning ? frequencies[i] / table.factor : 0.0;
  }
  CosAndSin result{Tensor::allocate(kFloat32, shape), Tensor::allocate(kFloat32, shape)};
  for (int64_t i = 0; i < positions; ++i)
    write_rotary(static_cast<double>(table.first + i), frequencies, table.negates,
                 result.cos.mutable_as<float>() + i * size, result.sin.mutable_as<float>() + i * size);
  return result;
}

}  // namespace vernier::core::steps
