// Parts of a traced graph that read nothing but constants (a permuted weight, a slice of a fused one, a sum
// with LoRA's product): what they give is known before any sample, so it is a constant itself.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/graph.h"

namespace vernier::core {

inline constexpr size_t kMostExpressionNodes = 4096;

// A constant of the remaining graph that has to be computed first.
struct ConstantExpression {
  ValueIndex value = kNoValue;  // in the remaining graph
  Graph graph;                  // no inputs, the one output is what the constant holds in float
  int32_t site = -1;            // of the quantize call that it went through; -1: none
  bool is_bias = false;         // read as the bias of linears and by nothing else
};

// A constant of the remaining graph that went straight into quantize calls of one site, and nowhere else.
struct CodedConstant {
  ValueIndex value = kNoValue;
  int32_t site = -1;
};

struct SeparatedConstants {
  Graph graph;  // without the nodes of the expressions, their intermediate values and what only they read
  std::vector<ConstantExpression> expressions;  // by value
  std::vector<CodedConstant> coded;             // by value
};

// A node is part of an expression where all that it reads is constant and `is_plain` (asked of constants):
// a parameter with a site of its own is not, it has codes before an op sees it. An expression ends where
// another op, a graph output or quantize reads it. What quantize makes of it is a constant of the site,
// unless the site sees values too that are not constant, or some rows only; then the quantize call stays. A
// constant keeps the name of the value that it stands for, one of a site that of the quantize call's result:
// the site's path. A graph without such nodes comes back as it is. Nodes without operands ("range") stay
// nodes. Throws Error (kPlugin) for an expression of more than kMostExpressionNodes nodes, or 2^17 in all.
SeparatedConstants separate_constants(const Graph& traced,
                                      const std::function<bool(const GraphValue&)>& is_plain);

}  // namespace vernier::core
