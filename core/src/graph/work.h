// How much a run of a file's graph computes, and what of it in float.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

struct Work {
  // An op whose operands are floats: the file computes it in float32, whatever the recipe says of others.
  struct FloatOp {
    std::string op;
    std::string module;
    std::string output;  // the value's name
  };

  std::map<std::string, uint64_t> ops;  // how many of each
  std::vector<FloatOp> float_ops;       // in execution order; not quantize and dequantize
  std::vector<std::string> float_inputs;
  std::vector<std::string> float_outputs;
  // Arithmetic operations of one run: a multiplication and the addition of its product are two. Products of
  // linear and matmul are counted by their definition, every other op as one for each element that it gives,
  // views as none.
  uint64_t operations = 0;
  uint64_t constant_bytes = 0;  // packed
};

// Of a folded graph (fold.h).
[[nodiscard]] Work work_of(const Graph& graph);
// {"ops": {NAME: COUNT}, "float_ops": [{"op", "module", "output"}], "float_inputs": [NAME], "float_outputs":
// [NAME], "operations", "constant_bytes"}
[[nodiscard]] nlohmann::json to_json(const Work& work);

}  // namespace vernier::core
