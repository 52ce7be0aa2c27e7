#include "tensor/qparams.h"

namespace vernier::core {

const char* to_string(Scheme scheme) {
  switch (scheme) {
    case Scheme::kUnset:
      return "unset";
    case Scheme::kAsymmetric:
      return "asymmetric";
    case Scheme::kSymmetric:
      return "symmetric";
  }
  return "unset";
}

const char* to_string(Granularity granularity) {
  switch (granularity) {
    case Granularity::kUnset:
      return "unset";
    case Granularity::kTensor:
      return "tensor";
    case Granularity::kChannel:
      return "channel";
  }
  return "unset";
}

}  // namespace vernier::core
