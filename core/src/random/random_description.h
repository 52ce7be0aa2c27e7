// A random tensor as recipes and synthetic checkpoints describe it:
// {"shape": [1, 264, 768], "dtype": "float32", "distribution": "normal", "mean": 0, "std": 1}
// {"shape": [1, 16], "dtype": "int64", "distribution": "uniform", "low": 0, "high": 256}
#pragma once

#include <initializer_list>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "random/random_fill.h"
#include "tensor/tensor.h"

namespace vernier::core {

struct RandomDescription {
  DType dtype;
  Shape shape;
  Distribution distribution;
};

// `dtypes` are the legal ones, the first of them the default; the distribution defaults to normal for floats,
// uniform for integers. `more` are further keys that the object may have. Throws Error (kUsage) at `where`
// for an unknown key, a missing or impossible value, or a tensor beyond 2^40 bytes.
RandomDescription parse_random_description(const nlohmann::json& description,
                                           const std::vector<DType>& dtypes, const std::string& where,
                                           std::initializer_list<const char*> more = {});

// The value as an unsigned integer; none when it is anything else.
std::optional<uint64_t> as_unsigned(const nlohmann::json& value);

// Throws Error (kUsage) when `object` is none, or has a key that is not among `keys`.
void check_keys(const nlohmann::json& object, const std::vector<std::string>& keys, const std::string& where);

}  // namespace vernier::core
