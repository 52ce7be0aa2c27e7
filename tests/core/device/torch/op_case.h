// One call of an op by shapes, for the test that compares the devices. The calls are generated: op_cases.h.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace vernier::core::testing {

struct Integers {
  std::vector<int64_t> values;
};
// A tensor whose elements the op does not take any of.
struct Given {
  Shape shape;
  std::vector<int64_t> values;
};
using CaseArgument =
    std::variant<std::monostate, Shape, int64_t, double, Integers, std::vector<Shape>, std::string, Given>;

struct OpCase {
  const char* op;
  int ulps;          // by which float32 results of two devices may differ
  bool ulps_of_one;  // ulps of 1 for a result that is less: where it is a small rest of greater terms
  std::vector<CaseArgument> arguments;
};

}  // namespace vernier::core::testing
