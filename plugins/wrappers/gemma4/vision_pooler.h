// Gemma4VisionPooler: the mean of each square of patches, as a product with a matrix, times the square root
// of the hidden size. Config: hidden_size, pooling_kernel_size (default 3), grid (see vision_grid.h).
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "blocks/scaled.h"
#include "vision_grid.h"

class Gemma4VisionPooler : public vernier::Wrapper {
 public:
  explicit Gemma4VisionPooler(vernier::Module& m)
      : side_(side(m)),
        grid_(gemma4_vision::grid_of(m)),
        act_in_(m.site("act_in")),
        pool_weight_(m.site("pool_weight", vernier::per_tensor().range(0, share()))),
        pool_matmul_out_(m.site("pool_matmul_out")),
        scaled_(m, "root_hidden_size", std::sqrt(static_cast<double>(m.config().integer("/hidden_size"))),
                "pool_out") {
    if (!grid_ || (grid_->rows % side_ == 0 && grid_->columns % side_ == 0)) return;
    throw vernier::invalid_argument(std::string(kType) + ": a grid of " + std::to_string(grid_->rows) +
                                    " rows and " + std::to_string(grid_->columns) +
                                    " columns is no whole number of squares of " + std::to_string(side_) +
                                    " patches");
  }

  // hidden_states [batch, slots, hidden] gives [batch, slots / side^2, hidden]: a row for each square of the
  // grid, row by row, then zeros.
  vernier::Value forward(vernier::Context& c, vernier::Value hidden_states) {
    const gemma4_vision::Grid& grid = gemma4_vision::wanted(grid_, kType);
    const int64_t slots = gemma4_vision::slots(c, hidden_states, grid, kType);
    if (slots % (side_ * side_) != 0)
      throw vernier::invalid_argument(std::string(kType) + " wants slots for whole squares, a multiple of " +
                                      std::to_string(side_ * side_) + ", not " + std::to_string(slots));
    return pooled(c, hidden_states, matrix(c, grid, slots));
  }
  // The same with that matrix as an input, [1 or batch, squares, slots]: 1 / side^2 where a patch belongs to
  // a square, else 0.
  vernier::Value any_grid(vernier::Context& c, vernier::Value hidden_states, vernier::Value pool_weight) {
    return pooled(c, hidden_states, pool_weight);
  }

 private:
  static constexpr const char* kType = "Gemma4VisionPooler";

  static int64_t side(const vernier::Module& m) {
    const int64_t result = m.config().integer("/pooling_kernel_size", 3);
    if (result > 0) return result;
    throw vernier::invalid_argument("pooling_kernel_size is positive, not " + std::to_string(result));
  }
  [[nodiscard]] double share() const { return 1.0 / static_cast<double>(side_ * side_); }

  vernier::Value matrix(vernier::Context& c, const gemma4_vision::Grid& grid, int64_t slots) const {
    const int64_t squares = slots / (side_ * side_);
    std::vector<float> weights(static_cast<size_t>(squares * slots), 0.0F);
    for (int64_t patch = 0; patch < grid.patches(); ++patch) {
      const int64_t square = grid.row(patch) / side_ * (grid.columns / side_) + grid.column(patch) / side_;
      weights[static_cast<size_t>(square * slots + patch)] = static_cast<float>(share());
    }
    return c.table("pool_weight", {1, squares, slots}, weights);
  }

  vernier::Value pooled(vernier::Context& c, vernier::Value hidden_states, vernier::Value weights) const {
    const vernier::Value x = c.quantize(act_in_, hidden_states);
    return scaled_(
        c, c.quantize(pool_matmul_out_, vernier::ops::matmul(c, c.quantize(pool_weight_, weights), x)));
  }

  int64_t side_;
  std::optional<gemma4_vision::Grid> grid_;
  vernier::Site act_in_, pool_weight_, pool_matmul_out_;
  blocks::Scaled scaled_;
};
