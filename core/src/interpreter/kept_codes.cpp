#include "interpreter/kept_codes.h"

namespace vernier::core {

Tensor KeptCodes::find(int64_t key, const Tensor& values, const QParams& qparams) {
  const auto found = kept_.find(key);
  if (found != kept_.end()) {
    if (found->second.qparams == qparams) return found->second.codes;
    bytes_ -= found->second.codes.bytes();
    kept_.erase(found);
  }
  const uint64_t bytes = qparams.dtype.bytes(static_cast<uint64_t>(values.elements()));
  if (bytes > most_bytes_ - bytes_) return {};
  Tensor codes = device_.encode(values, all_rows(values), qparams);
  bytes_ += bytes;
  kept_.emplace(key, Kept{qparams, codes});
  return codes;
}

}  // namespace vernier::core
