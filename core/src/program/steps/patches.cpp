#include "program/steps/patches.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "vernier/core/error.h"

namespace vernier::core::steps {

namespace {

struct Place {
  int64_t column = 0, row = 0;
  bool is_patch = false;
};

// By slot; 0 and 0 in the padding.
std::vector<Place> places(const Tensor& positions) {
  std::vector<Place> result;
  for (int64_t slot = 0; slot < positions.shape[1]; ++slot) {
    const int64_t column = positions.as<int32_t>()[2 * slot], row = positions.as<int32_t>()[2 * slot + 1];
    const bool is_padding = column == -1 && row == -1;
    if (!is_padding && (column < 0 || row < 0))
      throw data_error(fmt::format("the patch of slot {} stands at column {} and row {}", slot, column, row),
                       "", "both count from 0; a slot without a patch has -1 and -1");
    result.push_back(is_padding ? Place{} : Place{column, row, true});
  }
  return result;
}

struct Grid {
  int64_t rows = 0, columns = 0;
};

// Of patches that fill a rectangle of whole squares, each place once.
Grid whole_grid(const std::vector<Place>& all, int64_t side) {
  Grid grid;
  int64_t patches = 0;
  for (const Place& place : all) {
    if (!place.is_patch) continue;
    ++patches;
    grid.rows = std::max(grid.rows, place.row + 1);
    grid.columns = std::max(grid.columns, place.column + 1);
  }
  if (patches == 0) throw data_error("the picture has no patches");
  const std::string size =
      fmt::format("a grid of {} rows and {} columns of patches", grid.rows, grid.columns);
  // Places of 32 bits: their product fits.
  if (grid.rows * grid.columns != patches)
    throw data_error(fmt::format("the picture has {} patches, which do not fill {}", patches, size));
  std::vector<bool> taken(static_cast<size_t>(patches));
  for (const Place& place : all) {
    if (!place.is_patch) continue;
    const auto at = static_cast<size_t>(place.row * grid.columns + place.column);
    if (taken[at])
      throw data_error(fmt::format("two patches stand at column {} and row {}", place.column, place.row));
    taken[at] = true;
  }
  if (grid.rows % side != 0 || grid.columns % side != 0)
    throw data_error(fmt::format("{} is no whole number of squares of {} patches", size, side));
  return grid;
}

}  // namespace

Tensor patch_positions(const Tensor& positions) {
  Tensor result = Tensor::allocate(kInt32, positions.shape);
  auto* to = result.mutable_as<int32_t>();
  for (const Place& place : places(positions)) {
    *to++ = static_cast<int32_t>(place.column);
    *to++ = static_cast<int32_t>(place.row);
  }
  return result;
}

Tensor pad_patches(const Tensor& pixels, const Tensor& positions) {
  const std::vector<Place> all = places(positions);
  const auto last = std::find_if(all.rbegin(), all.rend(), [](const Place& place) { return place.is_patch; });
  if (last == all.rend()) throw data_error("the picture has no patches");
  const auto source = static_cast<size_t>(all.rend() - last) - 1;
  const size_t bytes = static_cast<size_t>(pixels.shape[2]) * pixels.dtype.bytes(1);
  Tensor result = Tensor::allocate(pixels.dtype, pixels.shape);
  for (size_t slot = 0; slot < all.size(); ++slot)
    std::memcpy(result.mutable_as<std::byte>() + slot * bytes,
                pixels.data + (all[slot].is_patch ? slot : source) * bytes, bytes);
  return result;
}

Tensor patch_mask(const Tensor& positions, const Shape& shape, double depth, bool pairs) {
  const std::vector<Place> all = places(positions);
  const size_t queries = shape.size() < 2 ? 1 : static_cast<size_t>(shape[shape.size() - 2]);
  Tensor mask = Tensor::allocate(kFloat32, shape);
  auto* to = mask.mutable_as<float>();
  for (size_t query = 0; query < queries; ++query) {
    const bool is_hidden = pairs && !all[query].is_patch;
    for (const Place& key : all) *to++ = key.is_patch && !is_hidden ? 0.0F : static_cast<float>(-depth);
  }
  return mask;
}

CosAndSin patch_rotary(const Tensor& positions, const Shape& shape, double theta, bool negates) {
  const int64_t size = shape.back(), half = size / 2;
  const std::vector<double> frequencies = rotary_frequencies(half, theta);
  CosAndSin result{Tensor::allocate(kFloat32, shape), Tensor::allocate(kFloat32, shape)};
  auto *cos = result.cos.mutable_as<float>(), *sin = result.sin.mutable_as<float>();
  for (const Place& place : places(positions)) {
    write_rotary(static_cast<double>(place.column), frequencies, negates, cos, sin);
    write_rotary(static_cast<double>(place.row), frequencies, negates, cos + half, sin + half);
    cos += size;
    sin += size;
  }
  return result;
}

Tensor pool_weights(const Tensor& positions, const Shape& shape, int64_t side) {
  const std::vector<Place> all = places(positions);
  const Grid grid = whole_grid(all, side);
  const int64_t squares = grid.rows * grid.columns / (side * side);
  if (squares > shape[1])
    throw data_error(fmt::format("the picture has {} squares of {} patches; there is room for {}", squares,
                                 side, shape[1]));
  const auto share = static_cast<float>(1.0 / static_cast<double>(side * side));
  Tensor weights = Tensor::allocate(kFloat32, shape);
  auto* to = weights.mutable_as<float>();
  std::fill_n(to, weights.elements(), 0.0F);
  for (size_t slot = 0; slot < all.size(); ++slot) {
    if (!all[slot].is_patch) continue;
    const int64_t square = all[slot].row / side * (grid.columns / side) + all[slot].column / side;
    to[square * shape[2] + static_cast<int64_t>(slot)] = share;
  }
  return weights;
}

Tensor count_soft_tokens(const Tensor& positions, int64_t side) {
  const Grid grid = whole_grid(places(positions), side);
  Tensor result = Tensor::allocate(kInt32, {1});
  *result.mutable_as<int32_t>() = static_cast<int32_t>(grid.rows * grid.columns / (side * side));
  return result;
}

void require_grid(const Tensor& positions, int64_t rows, int64_t columns) {
  const std::vector<Place> all = places(positions);
  for (size_t slot = 0; slot < all.size(); ++slot) {
    const auto at = static_cast<int64_t>(slot);
    const bool is_wanted = at < rows * columns;
    const Place& place = all[slot];
    if (is_wanted == place.is_patch &&
        (!is_wanted || (place.column == at % columns && place.row == at / columns)))
      continue;
    throw data_error(
        fmt::format("slot {} has {}", slot,
                    place.is_patch ? fmt::format("the patch at column {} and row {}", place.column, place.row)
                                   : "no patch"),
        "",
        fmt::format(
            "these files take pictures of {} rows and {} columns of patches, row by row from slot 0 on", rows,
            columns));
  }
}

}  // namespace vernier::core::steps
