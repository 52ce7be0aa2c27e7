// Spec and qparams as the host keeps them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vernier/abi/qparams.h"
#include "vernier/dtype.h"

namespace vernier::core {

enum class Scheme : int32_t {
  kUnset = VERNIER_SCHEME_UNSET,
  kAsymmetric = VERNIER_SCHEME_ASYMMETRIC,
  kSymmetric = VERNIER_SCHEME_SYMMETRIC
};
enum class Granularity : int32_t {
  kUnset = VERNIER_GRANULARITY_UNSET,
  kTensor = VERNIER_GRANULARITY_TENSOR,
  kChannel = VERNIER_GRANULARITY_CHANNEL,
  kBlock = VERNIER_GRANULARITY_BLOCK
};

const char* to_string(Scheme scheme);            // "asymmetric", "symmetric", "unset"
const char* to_string(Granularity granularity);  // "tensor", "channel", "block", "unset"

// What a site gets. While being resolved, unset fields are open; afterwards none is.
struct Spec {
  std::string observer;        // component name; empty: unset
  std::string options = "{}";  // JSON object for the observer
  DType dtype;
  Scheme scheme = Scheme::kUnset;
  Granularity granularity = Granularity::kUnset;
  int64_t axis = -1;       // with kChannel; never negative once resolved
  int64_t block_size = 0;  // with kBlock: neighbours along the last axis that share a scale
};

// real = scale * (code - zero_point)
struct QParams {
  DType dtype;
  Scheme scheme = Scheme::kAsymmetric;
  int64_t axis = -1;         // -1: not one scale for each index of an axis
  bool is_float = false;     // the site stays float (identity observer); the vectors are empty
  std::vector<float> scale;  // one, one per index of `axis`, or one per block, in row-major order
  std::vector<int32_t> zero_point;
  int64_t block_size = 0;  // above 0: a block is that many neighbours along the last axis

  bool operator==(const QParams& other) const {
    return dtype == other.dtype && axis == other.axis && is_float == other.is_float && scale == other.scale &&
           zero_point == other.zero_point && block_size == other.block_size;
  }
};

// The shape over which one scale holds, of a tensor of `rank` axes; 0 is all of an axis (abi/qparams.h).
// Empty where the site is float.
std::vector<int64_t> block_of(const QParams& qparams, size_t rank);
// How many scales a tensor of this shape has with these qparams; nothing where they do not fit it: no such
// axis, no whole number of blocks, blocks of a tensor without rows.
std::optional<int64_t> scale_count(const QParams& qparams, const std::vector<int64_t>& shape);

}  // namespace vernier::core
