// What the program reads of a vision config: sizes, and the grid where pictures have one size.
#pragma once

#include <optional>
#include <string>

#include "config_keys.h"

namespace gemma4_program {

struct Grid {
  int64_t rows = 0, columns = 0;
  [[nodiscard]] int64_t patches() const { return rows * columns; }
};

struct Vision {
  int64_t hidden = 0, layers = 0, head_dim = 0;
  int64_t width = 0;        // of a patch: 3 * patch_size^2
  int64_t side = 0;         // of a square of patches that becomes a soft token
  int64_t positions = 0;    // along one axis
  int64_t soft_tokens = 0;  // of a picture, at most, as the config says
  double theta = 0;
  bool standardizes = false;

  [[nodiscard]] int64_t square() const { return side * side; }
};

inline int64_t positive(const vernier::Options& config, const std::string& pointer) {
  const int64_t value = config.integer(pointer);
  if (value > 0 && value <= 1 << 20) return value;
  throw vernier::invalid_argument(pointer + ": " + std::to_string(value) + "; it is 1 to 1048576");
}
inline int64_t positive(const vernier::Options& config, const std::string& pointer, int64_t fallback) {
  return config.has(pointer) ? positive(config, pointer) : fallback;
}

inline Vision read_vision(const vernier::Options& vision) {
  Vision result;
  result.hidden = positive(vision, "/hidden_size");
  result.layers = positive(vision, "/num_hidden_layers");
  const int64_t heads = positive(vision, "/num_attention_heads");
  result.head_dim = positive(vision, "/head_dim", result.hidden / heads);
  const int64_t patch = positive(vision, "/patch_size");
  result.width = 3 * patch * patch;
  result.side = positive(vision, "/pooling_kernel_size", 3);
  result.positions = positive(vision, "/position_embedding_size");
  result.soft_tokens = positive(vision, "/default_output_length", 280);
  const std::string kind = vision.text("/rope_parameters/rope_type", "axial");
  if (kind != "axial" && kind != "default")
    throw unserved("/rope_parameters/rope_type", "\"" + kind + "\"; served are axial and default");
  result.theta = vision.number("/rope_parameters/rope_theta", 100);
  result.standardizes = vision.boolean("/standardize", false);
  if (result.head_dim % 4 != 0)
    throw vernier::invalid_argument("/head_dim: a head turns pairs on two axes, so it is a multiple of 4");
  return result;
}

// `grid` of the model's config: pictures of one size; its constants are built into the files then.
inline std::optional<Grid> read_grid(const vernier::Options& config, const Vision& vision) {
  if (!config.has("/grid")) return std::nullopt;
  const Grid grid{positive(config, "/grid/rows"), positive(config, "/grid/columns")};
  if (grid.rows % vision.side == 0 && grid.columns % vision.side == 0) return grid;
  throw vernier::invalid_argument("/grid: rows and columns are multiples of " + std::to_string(vision.side) +
                                  " (pooling_kernel_size)");
}

}  // namespace gemma4_program
