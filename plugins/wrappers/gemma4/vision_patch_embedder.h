// Gemma4VisionPatchEmbedder: patches of pixels and where they stand, as hidden states. With a grid the sum of
// a column's and a row's embedding is one constant; any_grid looks both up, as codes of 16 bits whose sum is
// rounded to the activations' grid once.
// Config: hidden_size, patch_size, position_embedding_size, grid (see vision_grid.h).
#pragma once

#include <string>
#include <vector>

#include "vision_grid.h"

class Gemma4VisionPatchEmbedder : public vernier::Wrapper {
 public:
  explicit Gemma4VisionPatchEmbedder(vernier::Module& m)
      : width_(m.config().integer("/hidden_size")),
        grid_(gemma4_vision::grid_of(m)),
        pixels_(m.site("act_in", vernier::per_tensor().range(0, 1))) {
    const int64_t side = m.config().integer("/patch_size");
    const int64_t count = m.config().integer("/position_embedding_size", -1);
    input_proj_ = m.child("input_proj", "Gemma4VisionPixelProjection",
                          {{"in_features", 3 * side * side}, {"out_features", width_}});
    if (grid_) {
      table_ = m.constant(kTable, {2, count, width_});
    } else {
      for (int64_t axis = 0; axis < 2; ++axis) {
        const std::string end = axis == 0 ? "_x" : "_y", table = kTable + end;
        axes_[axis] = m.parameter(table, {1, count, width_}, blocks::sixteen_bits(),
                                  vernier::Source().tensor(kTable).part(0, axis, axis + 1));
        rows_[axis] = m.site("position_rows" + end);
        m.tie(rows_[axis], table);  // a row is copied, not rounded
      }
      sum_ = m.site("position_sum", blocks::sixteen_bits());
    }
    places_ = m.site("position_embeddings");
    output_ = m.site("output");
  }

  // pixel_values [batch, slots, 3 * patch_size^2] in [0, 1], channel by channel fastest, gives [batch, slots,
  // hidden].
  vernier::Value forward(vernier::Context& c, vernier::Value pixel_values) {
    const gemma4_vision::Grid& grid = gemma4_vision::wanted(grid_, kType);
    return placed(c, pixel_values, known(c, grid, gemma4_vision::slots(c, pixel_values, grid, kType)));
  }
  // The same, with the column and row of each slot: integers [batch, slots, 2], 0 and 0 in the padding.
  vernier::Value any_grid(vernier::Context& c, vernier::Value pixel_values,
                          vernier::Value pixel_position_ids) {
    if (grid_)
      throw vernier::invalid_argument(std::string(kType) +
                                      ": the config has a grid, so positions are constants of entry forward");
    const std::vector<int64_t> shape = c.shape(pixel_position_ids);
    if (shape.size() != 3 || shape[2] != 2)
      throw vernier::invalid_argument(std::string(kType) +
                                      " wants pixel_position_ids of shape [batch, slots, 2]");
    const vernier::Value x = looked_up(c, 0, pixel_position_ids), y = looked_up(c, 1, pixel_position_ids);
    return placed(c, pixel_values, c.quantize(sum_, vernier::ops::add(c, x, y)));
  }

 private:
  static constexpr const char* kType = "Gemma4VisionPatchEmbedder";
  static constexpr const char* kTable = "position_embedding_table";

  vernier::Value placed(vernier::Context& c, vernier::Value pixel_values, vernier::Value places) {
    const vernier::Value hidden = input_proj_(c, c.quantize(pixels_, pixel_values));
    return c.quantize(output_, vernier::ops::add(c, hidden, c.quantize(places_, places)));
  }

  // [1, slots, hidden], made of constants alone; zeros in the padding.
  vernier::Value known(vernier::Context& c, const gemma4_vision::Grid& grid, int64_t slots) {
    namespace ops = vernier::ops;
    std::vector<int32_t> columns, rows;
    for (int64_t patch = 0; patch < grid.patches(); ++patch) {
      columns.push_back(static_cast<int32_t>(grid.column(patch)));
      rows.push_back(static_cast<int32_t>(grid.row(patch)));
    }
    const vernier::Value table = c.weight(table_);
    const auto axis = [&](int64_t place, const char* name, const std::vector<int32_t>& ids) {
      return ops::gather(c, ops::slice(c, table, 0, place, place + 1), c.table(name, {grid.patches()}, ids),
                         1);
    };
    const vernier::Value sum = ops::add(c, axis(0, "columns", columns), axis(1, "rows", rows));
    const int64_t padding = slots - grid.patches();
    if (padding == 0) return sum;
    const std::vector<float> zeros(static_cast<size_t>(padding * width_), 0.0F);
    return ops::concat(c, {sum, c.table("no_place", {1, padding, width_}, zeros)}, 1);
  }

  vernier::Value looked_up(vernier::Context& c, int64_t axis, vernier::Value ids) {
    namespace ops = vernier::ops;
    const std::vector<int64_t> shape = c.shape(ids);
    const vernier::Value flat = ops::reshape(c, ops::slice(c, ids, 2, axis, axis + 1), {shape[0] * shape[1]});
    const vernier::Value rows = c.quantize(rows_[axis], ops::gather(c, c.weight(axes_[axis]), flat, 1));
    return shape[0] == 1 ? rows : ops::reshape(c, rows, {shape[0], shape[1], width_});
  }

  int64_t width_;
  std::optional<gemma4_vision::Grid> grid_;
  vernier::Site pixels_;
  vernier::Child input_proj_;
  vernier::Parameter table_, axes_[2];
  vernier::Site places_, output_;
  vernier::Site rows_[2], sum_;  // of any_grid
};
