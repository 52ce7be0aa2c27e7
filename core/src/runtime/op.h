// The op set of "vernier.ops/1": names, versions and what each argument must be. An op's id is its place in
// the table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace vernier::core {

enum class ArgumentKind : uint32_t {
  kValue = 1,
  kInteger = 2,
  kNumber = 3,
  kIntegers = 4,
  kValues = 5,
  kText = 6
};

struct ArgumentSignature {
  std::string_view name;  // also the attribute's name in the graph
  ArgumentKind kind;
  bool optional = false;
};

struct OpSignature {
  std::string_view name;
  uint32_t version;
  std::vector<ArgumentSignature> arguments;
};

// All ops; the index is the id that plugins get.
std::span<const OpSignature> op_signatures();
std::optional<uint32_t> find_op(std::string_view name, uint32_t version);

// An argument as compute sees it; monostate where an optional one is absent.
using OpArgument = std::variant<std::monostate, Tensor, int64_t, double, std::vector<int64_t>,
                                std::vector<Tensor>, std::string>;

}  // namespace vernier::core
