// Where a module tree's parameters come from: a checkpoint, or what a wrapper declares where there is none.
#pragma once

#include <string_view>

#include "tensor/tensor.h"

namespace vernier::core {

class ParameterSource {
 public:
  virtual ~ParameterSource() = default;
  // Asked of optional parameters only.
  [[nodiscard]] virtual bool contains(std::string_view name) const = 0;
  // The tensor `name`; `wanted` is its declared shape, -1 for any extent; of a parameter that is a part, the
  // extent up to the part's end. The caller holds one against the
  // other. Throws Error where there is none.
  [[nodiscard]] virtual Tensor parameter(std::string_view name, const Shape& wanted) const = 0;
  // A tensor that the wrapper reads as one number: its element is there. Throws Error where there is none.
  [[nodiscard]] virtual Tensor scalar(std::string_view name) const = 0;
};

}  // namespace vernier::core
