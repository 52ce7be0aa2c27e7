// Where a recorded tensor leaves what it should be.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tensor/qparams.h"
#include "tensor/tensor.h"

namespace vernier::core {

// Of two tensors of one dtype and shape: codes, integers, or float32 (as their values; NaN equals NaN).
struct CodesDifference {
  Shape shape;
  int64_t elements = 0, differ = 0;
  std::vector<int64_t> first;      // index of the first element that differs, in row-major order
  double right = 0, found = 0;     // that element
  std::vector<int64_t> low, high;  // by axis: least and greatest index of those that differ
  double most = 0;                 // the greatest distance
  // "index 5 of axis 2 holds what belongs to index 4", where that is so; else empty.
  std::string moved;

  // {"elements", "differ", "first": [INDEX], "right", "found", "low", "high", "most", "moved"}, and
  // "right_value" and "found_value" on a grid. Infinities and NaN are null.
  [[nodiscard]] nlohmann::json to_json(const QParams* grid) const;
  // The same in two or three lines, each behind `indent`.
  [[nodiscard]] std::string to_text(const QParams* grid, const std::string& indent) const;
};

// Nothing where all elements are at most `within` apart (of integers). Throws Error (kInternal) where dtypes
// or numbers of elements differ, or for a dtype that is none of the above.
[[nodiscard]] std::optional<CodesDifference> codes_difference(const Tensor& right, const Tensor& found,
                                                              int64_t within = 0);

}  // namespace vernier::core
