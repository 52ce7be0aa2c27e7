// Spec and qparams as the host keeps them.
#pragma once

#include <cstdint>
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
  kChannel = VERNIER_GRANULARITY_CHANNEL
};

const char* to_string(Scheme scheme);            // "asymmetric", "symmetric", "unset"
const char* to_string(Granularity granularity);  // "tensor", "channel", "unset"

// What a site gets. While being resolved, unset fields are open; afterwards none is.
struct Spec {
  std::string observer;        // component name; empty: unset
  std::string options = "{}";  // JSON object for the observer
  DType dtype;
  Scheme scheme = Scheme::kUnset;
  Granularity granularity = Granularity::kUnset;
  int64_t axis = -1;  // with kChannel; never negative once resolved
};

// real = scale * (code - zero_point)
struct QParams {
  DType dtype;
  Scheme scheme = Scheme::kAsymmetric;
  int64_t axis = -1;         // -1: one scale for the whole tensor
  bool is_float = false;     // the site stays float (identity observer); the vectors are empty
  std::vector<float> scale;  // one, or one per index of `axis`
  std::vector<int32_t> zero_point;

  bool operator==(const QParams& other) const {
    return dtype == other.dtype && axis == other.axis && is_float == other.is_float && scale == other.scale &&
           zero_point == other.zero_point;
  }
};

}  // namespace vernier::core
