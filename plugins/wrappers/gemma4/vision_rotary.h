// Rotary positions on two axes: the first half of a head turns by the patch's column, the second by its row,
// each in the half-split form of blocks/rotary.h and with the same frequencies.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "blocks/rotary.h"
#include "vision_grid.h"

namespace gemma4_vision {

// The tables `cos` and `sin`, [1, 1, slots, size]; the first half of `sin` is negated on either axis.
inline blocks::RotaryValues axial_tables(vernier::Context& c, const Grid& grid, int64_t slots, int64_t size,
                                         double theta, const std::string& name) {
  const std::vector<double> frequencies = blocks::rotary_frequencies(size / 2, theta);
  std::vector<float> cos, sin;
  for (int64_t slot = 0; slot < slots; ++slot) {
    for (const int64_t position : {grid.column(slot), grid.row(slot)}) {
      for (const double sign : {-1.0, 1.0}) {
        for (const double frequency : frequencies) {
          const double angle = static_cast<double>(position) * frequency;
          cos.push_back(static_cast<float>(std::cos(angle)));
          sin.push_back(static_cast<float>(sign * std::sin(angle)));
        }
      }
    }
  }
  return {c.table(name + "_cos", {1, 1, slots, size}, cos), c.table(name + "_sin", {1, 1, slots, size}, sin)};
}

// Turns one tensor, query or key. Declares the sites <name>_cos, <name>_sin and <name>_rot, the sum.
class AxialRotation {
 public:
  AxialRotation(vernier::Module& m, const std::string& name)
      : by_cos_(m.site(name + "_cos")), by_sin_(m.site(name + "_sin")), sum_(m.site(name + "_rot")) {}

  // x [batch, heads, slots, size] gives the same shape.
  vernier::Value operator()(vernier::Context& c, vernier::Value x, const blocks::RotaryValues& turns) const {
    namespace ops = vernier::ops;
    const int64_t quarter = c.shape(x)[3] / 4;
    std::vector<vernier::Value> turned;
    for (const int64_t place : {1, 0, 3, 2})
      turned.push_back(ops::slice(c, x, 3, place * quarter, (place + 1) * quarter));
    const vernier::Value by_cos = c.quantize(by_cos_, ops::mul(c, x, turns.cos));
    const vernier::Value by_sin = c.quantize(by_sin_, ops::mul(c, ops::concat(c, turned, 3), turns.sin));
    return c.quantize(sum_, ops::add(c, by_cos, by_sin));
  }

 private:
  vernier::Site by_cos_, by_sin_, sum_;
};

}  // namespace gemma4_vision
