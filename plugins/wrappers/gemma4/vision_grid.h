// The patches of a picture of one known size: `grid` of the config, {"rows": 36, "columns": 66}. Patches
// stand row by row from the first slot on; what a tensor has more slots is padding. Positions, angles, mask
// and pooling follow from it, so they are constants of the graph. Without a grid they are its inputs.
#pragma once

#include <vernier/wrapper.h>

#include <optional>
#include <string>
#include <vector>

#include "blocks/site_defaults.h"

namespace gemma4_vision {

struct Grid {
  int64_t rows = 0, columns = 0;

  [[nodiscard]] int64_t patches() const { return rows * columns; }
  // The patch's place along one axis; 0 in the padding.
  [[nodiscard]] int64_t column(int64_t slot) const { return slot < patches() ? slot % columns : 0; }
  [[nodiscard]] int64_t row(int64_t slot) const { return slot < patches() ? slot / columns : 0; }
};

// Throws VERNIER_INVALID_ARGUMENT for a grid without patches.
inline std::optional<Grid> grid_of(const vernier::Module& m) {
  if (!m.config().has("/grid")) return std::nullopt;
  const Grid grid{m.config().integer("/grid/rows"), m.config().integer("/grid/columns")};
  constexpr int64_t kMost = 1 << 16;
  if (grid.rows > 0 && grid.columns > 0 && grid.rows < kMost && grid.columns < kMost) return grid;
  throw vernier::invalid_argument("the grid has " + std::to_string(grid.rows) + " rows and " +
                                  std::to_string(grid.columns) + " columns of patches; both are 1 to 65535");
}

// The grid that entry forward needs. `type` stands in the error.
inline const Grid& wanted(const std::optional<Grid>& grid, const std::string& type) {
  if (grid) return *grid;
  throw vernier::invalid_argument(type +
                                  ": entry forward wants the config's grid, rows and columns; entry any_grid "
                                  " takes what follows from it as inputs");
}

// How many slots `x` [batch, slots, width] has for the grid's patches.
inline int64_t slots(vernier::Context& c, vernier::Value x, const Grid& grid, const std::string& type) {
  const std::vector<int64_t> shape = c.shape(x);
  if (shape.size() == 3 && shape[1] >= grid.patches()) return shape[1];
  throw vernier::invalid_argument(
      type + " wants [batch, slots, width] with " + std::to_string(grid.patches()) +
      " slots or more for the patches of its grid, not " +
      (shape.size() == 3 ? std::to_string(shape[1]) + " slots" : "rank " + std::to_string(shape.size())));
}

// The table "attention_mask", [1, 1, 1, slots], that is added to scores: kMaskDepth below where a key is
// padding. No value where nothing is padding.
inline vernier::Value padding_mask(vernier::Context& c, const Grid& grid, int64_t slots) {
  if (slots == grid.patches()) return {};
  std::vector<float> mask(static_cast<size_t>(slots), 0.0F);
  for (int64_t slot = grid.patches(); slot < slots; ++slot)
    mask[static_cast<size_t>(slot)] = static_cast<float>(-blocks::kMaskDepth);
  return c.table("attention_mask", {1, 1, 1, slots}, mask);
}

}  // namespace gemma4_vision
