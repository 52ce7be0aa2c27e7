// Host step rotary_table: cosines and sines of positions in the half-split form of Hugging Face (Su et al.
// 2021, arXiv:2104.09864, eq. 34). docs/program.md has the formula.
#pragma once

#include <cstdint>
#include <vector>

#include "tensor/tensor.h"

namespace vernier::core::steps {

struct CosAndSin {
  Tensor cos, sin;
};

struct RotaryTable {
  int64_t first = 0;
  double theta = 0;
  bool is_proportional = false;
  int64_t rotary_dim = 0;  // of a proportional one; 0: the whole head
  double factor = 1;       // likewise
  bool negates = false;    // the first half of the sines
};

// theta^(-2i / size) for i < size / 2. `size` is even.
[[nodiscard]] std::vector<double> rotary_frequencies(int64_t size, double theta);

// float32 of `shape`, whose last extents are positions and head_dim, which is even, and whose others are 1.
[[nodiscard]] CosAndSin rotary_table(const Shape& shape, const RotaryTable& table);

// One half-split run of 2 * frequencies.size() elements, for one position.
void write_rotary(double position, const std::vector<double>& frequencies, bool negates, float* cos,
                  float* sin);

}  // namespace vernier::core::steps
